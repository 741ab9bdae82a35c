import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { isLamError, lamError } from '../../errors/index.ts';
import type { Pieces } from './bytes.ts';

/** An entry of a tar. */
export interface ArchiveEntry {
  /** As it is written. */
  readonly name: string;
  /** `other`: a device or a pipe. */
  readonly kind: 'file' | 'symlink' | 'hardlink' | 'directory' | 'other';
  /** Of a link, as it is written. */
  readonly target: string;
  readonly executable: boolean;
  /** As its head says (bytes). */
  readonly size: number;
  /** Valid until the next entry is asked for; what is not read of it is skipped. */
  readonly content: Pieces;
}

const KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = {
  file: 'file',
  'contiguous-file': 'file',
  link: 'hardlink',
  symlink: 'symlink',
  directory: 'directory',
  'character-device': 'other',
  'block-device': 'other',
  fifo: 'other',
};

/** Longest path, and longest target of a link, of any system (bytes, as Linux has it). */
const MOST_PATH = 4096;

/**
 * The entries of a tar, in order. Throws `LAM_STORE_IMAGE_DAMAGED`, with `what` as the name of the tar, for what is no
 * whole tar; passes on what is thrown by `source` with a code of the catalogue.
 */
export async function* tarEntries(source: Pieces, what: string): AsyncGenerator<ArchiveEntry> {
  const tar = extract();
  // Who reads the entries learns of its errors and of those of the source.
  pipeline(Readable.from(source), tar).catch(() => undefined);
  try {
    for await (const entry of tar) {
      const { name, type, linkname, mode, size } = entry.header;
      // Null for a kind that the parser does not know.
      const kind = KINDS[String(type)];
      // A tar of a few kilobytes unpacks to megabytes of them, which would all be held in memory.
      const longest = name.length > MOST_PATH ? name : (linkname ?? '');
      if (longest.length > MOST_PATH)
        throw damaged(what, `'${longest.slice(0, 100)}...' is a path of more than ${MOST_PATH} bytes`);
      if (kind === undefined) throw damaged(what, `'${name}' is of a kind that is not known`);
      yield {
        name,
        kind,
        target: linkname ?? '',
        executable: (mode & 0o111) !== 0,
        size,
        content: sound(entry as Pieces, what),
      };
      entry.resume();
    }
  } catch (error) {
    if (isLamError(error)) throw error;
    throw damaged(what, error instanceof Error ? error.message : String(error), error);
  }
}

async function* sound(content: Pieces, what: string): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw isLamError(error) ? error : damaged(what, error instanceof Error ? error.message : String(error), error);
  }
}

/** The error of a part of an image that is not as it should be. */
export function damaged(what: string, why: string, cause?: unknown): Error {
  return lamError('LAM_STORE_IMAGE_DAMAGED', { what, why }, cause);
}
