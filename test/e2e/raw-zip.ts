import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib';

/** One entry of a zip, written as given, also if invalid. */
export interface RawEntry {
  readonly name: string;
  /** Deflated content, with the size and checksum for its headers. */
  readonly deflated: Buffer;
  readonly size: number;
  readonly crc: number;
  /** Unix mode with the kind of file, e.g. 0o100644, 0o120777. */
  readonly mode: number;
  /** Listed with the place of the entry before it, without bytes of its own. */
  readonly sharesData?: boolean;
}

/** A valid entry with this content. */
export function entryOf(name: string, content: string | Buffer, mode = 0o100644): RawEntry {
  const bytes = Buffer.from(content);
  return { name, deflated: deflateRawSync(bytes), size: bytes.length, crc: crc32(bytes), mode };
}

/** A symbolic link. */
export function linkOf(name: string, target: string): RawEntry {
  return entryOf(name, target, 0o120777);
}

/** An entry of this many zeros, made as a stream: a gigabyte deflates to a megabyte. */
export async function zeros(name: string, size: number): Promise<RawEntry> {
  const piece = Buffer.alloc(1024 * 1024);
  let crc = 0;
  const pieces = function* pieces(): Generator<Buffer, void, void> {
    for (let left = size; left > 0; left -= piece.length) {
      const next = left < piece.length ? piece.subarray(0, left) : piece;
      crc = crc32(next, crc);
      yield next;
    }
  };
  const chunks: Buffer[] = [];
  await pipeline(Readable.from(pieces()), createDeflateRaw({ level: 1 }), async (deflated: AsyncIterable<Buffer>) => {
    for await (const chunk of deflated) chunks.push(chunk);
  });
  return { name, deflated: Buffer.concat(chunks), size, crc, mode: 0o100644 };
}

/** The bytes of a zip of these entries. */
export function rawZip(entries: readonly RawEntry[]): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  let place = 0;
  for (const entry of entries) {
    if (entry.sharesData !== true) place = offset;
    const name = Buffer.from(entry.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    common(local, 4, entry, name.length);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    // Made by Unix, so that the mode is read.
    header.writeUInt16LE(0x031e, 4);
    common(header, 6, entry, name.length);
    header.writeUInt32LE(Math.trunc(entry.mode * 65_536), 38);
    header.writeUInt32LE(place, 42);
    central.push(header, name);
    if (entry.sharesData === true) continue;
    parts.push(local, name, entry.deflated);
    offset += local.length + name.length + entry.deflated.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

/** The fields that local and central headers share, from "version needed" on. */
function common(header: Buffer, at: number, entry: RawEntry, nameLength: number): void {
  header.writeUInt16LE(20, at);
  // Names are UTF-8.
  header.writeUInt16LE(0x0800, at + 2);
  header.writeUInt16LE(8, at + 4);
  header.writeUInt32LE(entry.crc, at + 10);
  header.writeUInt32LE(entry.deflated.length, at + 14);
  header.writeUInt32LE(entry.size, at + 18);
  header.writeUInt16LE(nameLength, at + 22);
}
