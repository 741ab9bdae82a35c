import { setImmediate as pause } from 'node:timers/promises';
import { lamError } from '../../errors/index.ts';
import type { ZipBytes } from './zip-bytes.ts';
import type { ListedEntry, ZipEntry } from './zip-entries.ts';

const SIGNATURE = 0x04_03_4b_50;
const HEADER_BYTES = 30;
const NAME_LENGTH_AT = 26;
const EXTRA_LENGTH_AT = 28;
/** Number of headers that are read between two pauses, in which requests are served. */
const BATCH = 500;

/**
 * Reads the local header of each entry and returns the entries with the place of their data. Throws
 * `LAM_STORE_ZIP_CORRUPT` for data outside the zip, and `LAM_STORE_ZIP_OVERLAP` when two entries share bytes: a small
 * zip could otherwise name the same data thousands of times.
 */
export async function locateEntries(zip: ZipBytes, listed: readonly ListedEntry[]): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  for (const [index, entry] of listed.entries()) {
    if (index % BATCH === BATCH - 1) await pause();
    entries.push({ ...entry, dataStart: dataStartOf(zip, entry) });
  }
  refuseOverlap(entries);
  return entries;
}

function dataStartOf(zip: ZipBytes, { raw, path }: ListedEntry): number {
  const at = raw.relativeOffsetOfLocalHeader;
  const header = zip.read(at, HEADER_BYTES);
  if (header.length < HEADER_BYTES || header.readUInt32LE(0) !== SIGNATURE)
    throw lamError('LAM_STORE_ZIP_CORRUPT', { entry: path, why: 'its header is missing' });
  const start = at + HEADER_BYTES + header.readUInt16LE(NAME_LENGTH_AT) + header.readUInt16LE(EXTRA_LENGTH_AT);
  if (start + raw.compressedSize > zip.size)
    throw lamError('LAM_STORE_ZIP_CORRUPT', { entry: path, why: 'its data reaches beyond the end of the zip' });
  return start;
}

function refuseOverlap(entries: readonly ZipEntry[]): void {
  const inOrder = entries.toSorted((a, b) => a.raw.relativeOffsetOfLocalHeader - b.raw.relativeOffsetOfLocalHeader);
  let end = 0;
  let last = '';
  for (const { raw, path, dataStart } of inOrder) {
    if (raw.relativeOffsetOfLocalHeader < end) throw lamError('LAM_STORE_ZIP_OVERLAP', { entry: path, other: last });
    end = dataStart + raw.compressedSize;
    last = path;
  }
}
