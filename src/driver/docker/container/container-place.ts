import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { Container } from 'dockerode';
import { LARGEST_PROGRAM_BYTES, type LibraryPlace } from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { THIS_MACHINE } from '../../shared/host-place.ts';
import type { Base } from '../base/bases.ts';
import { isMissing } from '../engine/docker-errors.ts';
import { answerOf } from '../engine/engine-answer.ts';
import { INSIDE } from './container-spec.ts';

/** Links that are followed to a file. */
const LINK_HOPS = 8;
const BLOCK = 512;

/** What the dynamic loader of a program finds in a container, which may have ended. */
export function containerPlace(
  container: Container,
  base: Pick<Base, 'image' | 'isHostBase'>,
  clock: Clock,
): Pick<LibraryPlace, 'exists' | 'read' | 'taskRoot' | 'title'> {
  return {
    exists: (path) =>
      answerOf(container.infoArchive({ path }), clock).then(
        () => true,
        (thrown: unknown) => !isMissing(thrown),
      ),
    read: (path) => readFile(container, path, LINK_HOPS),
    taskRoot: INSIDE.taskRoot,
    title: base.isHostBase ? THIS_MACHINE : `the image '${base.image}'`,
  };
}

/**
 * The content of a file, from the tar archive in which the engine sends it; undefined where it cannot be had. Functions
 * choose the path: of a folder, or of a file that is too large, only the first bytes are taken.
 */
async function readFile(container: Container, path: string, hops: number): Promise<Buffer | undefined> {
  if (hops === 0) return undefined;
  try {
    // dockerode's types know only Node's older interface of streams.
    const found = await firstEntry((await container.getArchive({ path })) as Readable);
    if (found?.kind !== 'link') return found?.content;
    return await readFile(container, posix.resolve(posix.dirname(path), found.target), hops - 1);
  } catch {
    return undefined;
  }
}

/** What a tar archive begins with, if that is a link or a file of a sensible size. */
type FirstEntry =
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file'; readonly content: Buffer };

/** Reads the first entry of a tar archive, and ends the stream after it. Rejects with the stream's error. */
export async function firstEntry(archive: Readable): Promise<FirstEntry | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let end = BLOCK;
  // Leaving the loop ends the stream.
  for await (const piece of archive as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < end) continue;
    const read = Buffer.concat(pieces.splice(0));
    if (end > BLOCK) return { kind: 'file', content: read.subarray(BLOCK, end) };
    const text = (at: number, length: number): string => read.toString('utf8', at, at + length).replace(/\0.*$/s, '');
    if (text(156, 1) === '2') return { kind: 'link', target: text(157, 100) };
    const size = Number.parseInt(text(124, 12), 8);
    if (!/^0?$/.test(text(156, 1)) || !(size <= LARGEST_PROGRAM_BYTES)) return undefined;
    end = BLOCK + size;
    if (bytes >= end) return { kind: 'file', content: read.subarray(BLOCK, end) };
    pieces.push(read);
  }
  return undefined;
}
