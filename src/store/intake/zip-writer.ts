import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';

const deflated = promisify(deflateRaw);

/** A file of a zip to write. */
export interface ZippedFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** Permissions and kind, as in `stat`. */
  readonly mode: number;
  /** Stored as it is instead of compressed. */
  readonly isStored?: boolean;
}

const LOCAL = Buffer.from('PK\x03\x04', 'latin1');
const CENTRAL = Buffer.from('PK\x01\x02', 'latin1');
const END = Buffer.from('PK\x05\x06', 'latin1');
/** PKZIP 2.0, made on Unix. */
const VERSION = 20;
const UNIX = 3 << 8;
const UTF8_NAMES = 0x800;
/** 1 January 1980, so that the same files make the same zip. */
const DATE = 0x21;
const DEFLATED = 8;

/**
 * Writes a zip in memory: at most 65,535 files and 4 GB. The same files give the same bytes. Files are compressed outside the
 * main thread, one after the other. Pure.
 */
export async function writeZip(files: readonly ZippedFile[]): Promise<Buffer> {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content, mode, isStored = false } of files) {
    const name = Buffer.from(path);
    const data = isStored
      ? Buffer.from(content.buffer, content.byteOffset, content.byteLength)
      : await deflated(content);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(VERSION, 0);
    facts.writeUInt16LE(UTF8_NAMES, 2);
    facts.writeUInt16LE(isStored ? 0 : DEFLATED, 4);
    facts.writeUInt16LE(DATE, 8);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(content.length, 18);
    facts.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(UNIX | VERSION, 0);
    directory.push(CENTRAL, made, facts, rest, name);
    bodies.push(LOCAL, facts, name, data);
    offset += LOCAL.length + facts.length + name.length + data.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, list, END, end]);
}
