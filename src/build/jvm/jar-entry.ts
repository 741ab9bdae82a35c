import { open, type FileHandle } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';

/** Longest end of a zip that may hold its end record: the record and the longest comment (bytes). */
const TAIL_BYTES = 22 + 0xff_ff;
const END = 0x06_05_4b_50;
const ENTRY = 0x02_01_4b_50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const DEFLATED = 8;

/** Returns the content of one entry of a jar; undefined when the file is no zip or has no such entry. */
export async function jarEntry(jar: string, name: string): Promise<Buffer | undefined> {
  const file = await open(jar);
  try {
    const directory = await centralDirectory(file);
    return directory === undefined ? undefined : await entryOf(file, directory, name);
  } finally {
    await file.close();
  }
}

/** Returns the names of a jar's entries; none when the file is no zip. */
export async function jarNames(jar: string): Promise<readonly string[]> {
  const file = await open(jar);
  try {
    const directory = await centralDirectory(file);
    return directory === undefined ? [] : [...entriesOf(directory)].map(({ name }) => name);
  } finally {
    await file.close();
  }
}

/** Whether a file is a zip with at least one entry, as Java silently ignores others on its class path. */
export async function isJar(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const directory = await centralDirectory(file);
    return directory !== undefined && directory.length >= ENTRY_BYTES && directory.readUInt32LE(0) === ENTRY;
  } finally {
    await file.close();
  }
}

async function centralDirectory(file: FileHandle): Promise<Buffer | undefined> {
  const { size } = await file.stat();
  const tail = await bytesAt(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
  const at = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (at === -1 || at + 22 > tail.length || tail.readUInt32LE(at) !== END) return undefined;
  const [length, start] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  return start + length > size ? undefined : bytesAt(file, start, length);
}

interface JarEntry {
  readonly name: string;
  /** Offset of its record in the central directory. */
  readonly at: number;
}

function* entriesOf(directory: Buffer): Generator<JarEntry> {
  for (let at = 0; at + ENTRY_BYTES <= directory.length && directory.readUInt32LE(at) === ENTRY;) {
    const [nameBytes = 0, extra = 0, comment = 0] = [28, 30, 32].map((offset) => directory.readUInt16LE(at + offset));
    const end = at + ENTRY_BYTES + nameBytes;
    yield { name: directory.toString('utf8', at + ENTRY_BYTES, end), at };
    at = end + extra + comment;
  }
}

async function entryOf(file: FileHandle, directory: Buffer, name: string): Promise<Buffer | undefined> {
  for (const { name: found, at } of entriesOf(directory)) {
    if (found !== name) continue;
    const start = directory.readUInt32LE(at + 42);
    const local = await bytesAt(file, start, LOCAL_BYTES);
    const data = start + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
    const packed = await bytesAt(file, data, directory.readUInt32LE(at + 20));
    return directory.readUInt16LE(at + 10) === DEFLATED ? inflateRawSync(packed) : packed;
  }
  return undefined;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
