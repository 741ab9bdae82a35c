import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Builds that tests keep for one another, as slow ones take a quarter of a minute. */
const KEPT_BUILDS = resolve(import.meta.dirname, '../../node_modules/.cache/lam-builds');

/** Why tests that build with Maven are skipped, for `{ skip }`; false where they run. */
export const NO_MAVEN: string | false = reason();

function reason(): string | false {
  // A home of its own would fetch all of Maven's plugins again.
  if (process.env['CI'] === 'true' && process.getuid?.() !== 0) return 'the same builds run as root';
  for (const program of ['mvn', 'javac']) {
    try {
      execFileSync(program, ['-version'], { stdio: 'ignore' });
    } catch {
      return `no ${program} on PATH`;
    }
  }
  return false;
}

/** Makes the home that a session will use, with the builds of earlier sessions. */
export function homeWithKeptBuilds(home: string): void {
  mkdirSync(KEPT_BUILDS, { recursive: true });
  mkdirSync(join(home, 'cache'), { recursive: true, mode: 0o700 });
  symlinkSync(KEPT_BUILDS, join(home, 'cache/build'));
}
