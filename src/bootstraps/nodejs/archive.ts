import { STARTUP_CACHE_BYTES } from '../../executor/frames.ts';

/** First bytes of an archive: magic number and format version. */
const MAGIC = 0x4c41_4d01;
const MAGIC_BYTES = 4;
/** Bytes before an entry's name: u16 length of the name, u32 length of the content. */
const ENTRY_BYTES = 6;

/** Packs named contents into one buffer; undefined for none, or for more than STARTUP_CACHE_BYTES. */
export function pack(entries: ReadonlyMap<string, Uint8Array>): Buffer | undefined {
  const magic = Buffer.alloc(MAGIC_BYTES);
  magic.writeUInt32BE(MAGIC);
  const parts: Uint8Array[] = [magic];
  let length = MAGIC_BYTES;
  for (const [text, content] of entries) {
    const name = Buffer.from(text);
    const head = Buffer.alloc(ENTRY_BYTES);
    head.writeUInt16BE(name.length, 0);
    head.writeUInt32BE(content.length, 2);
    parts.push(head, name, content);
    length += ENTRY_BYTES + name.length + content.length;
    if (length > STARTUP_CACHE_BYTES) return undefined;
  }
  return parts.length === 1 ? undefined : Buffer.concat(parts, length);
}

/**
 * Unpacks an archive; the contents are views into it. Throws `RangeError` for anything but an archive of this version.
 */
export function unpack(archive: Buffer): Map<string, Buffer> {
  const entries = new Map<string, Buffer>();
  if (archive.readUInt32BE(0) !== MAGIC) throw new RangeError('not an archive of this version');
  for (let at = MAGIC_BYTES; at < archive.length;) {
    const nameAt = at + ENTRY_BYTES;
    const contentAt = nameAt + archive.readUInt16BE(at);
    const end = contentAt + archive.readUInt32BE(at + 2);
    if (end > archive.length) throw new RangeError('a broken archive');
    entries.set(archive.toString('utf8', nameAt, contentAt), archive.subarray(contentAt, end));
    at = end;
  }
  return entries;
}
