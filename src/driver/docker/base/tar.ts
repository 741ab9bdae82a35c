import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { lamError } from '../../../errors/index.ts';

/** One entry of a tar archive. Owner is root; times are zero, so that the same entries always give the same bytes. */
export type TarEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

/** A file whose content is read when it is written. */
export interface TarSource {
  readonly kind: 'source';
  readonly path: string;
  readonly mode: number;
  /** Path on this machine. */
  readonly source: string;
  /** Bytes; what the file has beyond is left out. */
  readonly size: number;
}

const BLOCK = 512;
/** `pax`: an extended header with the path and target of the entry that follows (POSIX.1-2001). */
const TYPE = { file: '0', source: '0', symlink: '2', directory: '5', pax: 'x' } as const;
const NAME_BYTES = 100;

/**
 * Writes a POSIX (ustar) archive. Paths and targets are ASCII of at most 100 bytes, relative, without a leading `./`.
 */
export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocksOf), Buffer.alloc(2 * BLOCK)]);
}

/** Writes such an archive piece by piece; paths and targets may have any length. Throws for a file that got shorter. */
export async function* tarPieces(entries: Iterable<TarEntry | TarSource>): AsyncGenerator<Buffer, void, void> {
  for (const entry of entries) {
    const long = longNames(entry);
    if (long !== undefined) {
      const path = posix.join('PaxHeaders', posix.basename(entry.path).slice(0, NAME_BYTES / 2));
      yield Buffer.concat(padded(header({ kind: 'pax', path, mode: 0o644 }, long.length), long));
    }
    if (entry.kind === 'source') {
      yield header(entry, entry.size);
      if (entry.size > 0) yield* contentOf(entry);
      yield Buffer.alloc(-entry.size & (BLOCK - 1));
    } else yield Buffer.concat(blocksOf(entry));
  }
  yield Buffer.alloc(2 * BLOCK);
}

async function* contentOf({ source, size }: TarSource): AsyncGenerator<Buffer, void, void> {
  let left = size;
  for await (const piece of createReadStream(source, { end: size - 1 }) as AsyncIterable<Buffer>) {
    left -= piece.length;
    yield piece;
  }
  // The archive would be damaged.
  if (left > 0) throw lamError('LAM_DRIVER_FILE_CHANGED', { file: source });
}

function blocksOf(entry: TarEntry): Buffer[] {
  const content = entry.kind === 'file' ? Buffer.from(entry.text) : Buffer.alloc(0);
  return padded(header(entry, content.length), content);
}

function padded(head: Buffer, content: Buffer): Buffer[] {
  return [head, content, Buffer.alloc(-content.length & (BLOCK - 1))];
}

/** The content of an extended header; undefined where path and target are short ASCII. */
function longNames(entry: TarEntry | TarSource): Buffer | undefined {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const names = entry.kind === 'symlink' ? { path, linkpath: entry.target } : { path };
  const records = Object.entries(names)
    .filter(([, text]) => Buffer.byteLength(text) > NAME_BYTES || /[^\x20-\x7e]/.test(text))
    .map(([key, text]) => paxRecord(`${key}=${text}\n`));
  return records.length === 0 ? undefined : Buffer.from(records.join(''));
}

/** A record that begins with its own length. */
function paxRecord(rest: string): string {
  const bytes = Buffer.byteLength(rest) + 1;
  let length = bytes + String(bytes).length;
  if (String(length).length > String(bytes).length) length = bytes + String(length).length;
  return `${length} ${rest}`;
}

function header(
  entry: TarEntry | TarSource | { readonly kind: 'pax'; readonly path: string; readonly mode: number },
  size: number,
): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'ascii');
  };
  block.write(entry.kind === 'directory' ? `${entry.path}/` : entry.path, 0, NAME_BYTES, 'ascii');
  octal(entry.kind === 'symlink' ? 0o777 : entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(TYPE[entry.kind], 156, 'ascii');
  if (entry.kind === 'symlink') block.write(entry.target, 157, NAME_BYTES, 'ascii');
  block.write('ustar\x0000', 257, 'ascii');
  block.write('root', 265, 'ascii');
  block.write('root', 297, 'ascii');
  // Checksum over the header, with the checksum field itself read as blanks.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}
