import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { STARTUP_CACHE_BYTES } from '../../executor/frames.ts';

/** First bytes of an archive: its kind, and the version of its form. */
const MAGIC = 0x4c41_4d01;
const MAGIC_BYTES = 4;
/** Bytes before an entry's name: u16 length of the name, u32 length of the content. */
const ENTRY_BYTES = 6;

/** All files below `folder` as one archive; undefined when there are none, or they are too much for a start-up cache. */
export function packFolder(folder: string): Buffer | undefined {
  const magic = Buffer.alloc(MAGIC_BYTES);
  magic.writeUInt32BE(MAGIC);
  const parts = [magic];
  let length = MAGIC_BYTES;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = Buffer.from(relative(folder, path));
    const content = readFileSync(path);
    const head = Buffer.alloc(ENTRY_BYTES);
    head.writeUInt16BE(name.length, 0);
    head.writeUInt32BE(content.length, 2);
    parts.push(head, name, content);
    length += ENTRY_BYTES + name.length + content.length;
    if (length > STARTUP_CACHE_BYTES) return undefined;
  }
  return parts.length === 1 ? undefined : Buffer.concat(parts, length);
}

/** Writes the files of an archive below `folder`. Throws when it is none, or names a file outside. */
export function unpackInto(folder: string, archive: Buffer): void {
  if (archive.readUInt32BE(0) !== MAGIC) throw new RangeError('not an archive of this version');
  for (let at = MAGIC_BYTES; at < archive.length;) {
    const nameAt = at + ENTRY_BYTES;
    const contentAt = nameAt + archive.readUInt16BE(at);
    const end = contentAt + archive.readUInt32BE(at + 2);
    const name = archive.toString('utf8', nameAt, contentAt);
    if (end > archive.length || name.startsWith('/') || name.split('/').includes('..')) throw new RangeError('a broken archive');
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), archive.subarray(contentAt, end));
    at = end;
  }
}
