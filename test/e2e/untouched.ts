import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ifThere, listingIfThere } from '../support/listing.ts';
import type { LamSession } from './session.ts';

/** Contents of a home, if it exists, and the working folder, by path: a digest for a file, a target for a link. */
function picture(session: LamSession): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const root of [session.home, session.cwd]) {
    for (const name of listingIfThere(root)) {
      // Logs may grow at any time, the one of changes also by what is refused; caches are not deployed content.
      if (root === session.home && /^(?:(?:logs|audit|run|cache)(?:\/|$)|daemon\.log$)/.test(name)) continue;
      // What vanishes before it is read is not there.
      const content = ifThere(() => contentOf(join(root, name)));
      if (content !== undefined) found[join(root, name)] = content;
    }
  }
  return found;
}

function contentOf(path: string): string {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return readlinkSync(path);
  return stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder';
}

/** Runs `work` and asserts that it added, removed and changed no file of the home or the working folder. */
export async function untouched<T>(session: LamSession, work: () => Promise<T>): Promise<T> {
  const before = picture(session);
  const result = await work();
  assert.deepEqual(picture(session), before, 'what was refused left something behind');
  return result;
}
