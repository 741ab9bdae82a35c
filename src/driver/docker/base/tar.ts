/** One entry of a tar archive. Owner is root; times are zero, so that the same entries always give the same bytes. */
export type TarEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

const BLOCK = 512;
const TYPE = { file: '0', symlink: '2', directory: '5' } as const;

/**
 * Writes a POSIX (ustar) archive. Paths and targets are ASCII of at most 100 bytes, relative, without a leading `./`.
 */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const content = entry.kind === 'file' ? Buffer.from(entry.text) : Buffer.alloc(0);
    parts.push(header(entry, content.length), content, Buffer.alloc(-content.length & (BLOCK - 1)));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'ascii');
  };
  block.write(entry.kind === 'directory' ? `${entry.path}/` : entry.path, 0, 100, 'ascii');
  octal(entry.kind === 'symlink' ? 0o777 : entry.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(TYPE[entry.kind], 156, 'ascii');
  if (entry.kind === 'symlink') block.write(entry.target, 157, 100, 'ascii');
  block.write('ustar\x0000', 257, 'ascii');
  block.write('root', 265, 'ascii');
  block.write('root', 297, 'ascii');
  // Checksum over the header, with the checksum field itself read as blanks.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return block;
}
