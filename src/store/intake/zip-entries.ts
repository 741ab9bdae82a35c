import { getFileNameLowLevel, type Entry, type ZipFile } from 'yauzl';
import { isLamError, lamError } from '../../errors/index.ts';
import type { ArtifactLimits } from '../artifacts/limits.ts';
import { pathFault } from '../artifacts/tree-rules.ts';

/** An entry of the central directory with a valid name. */
export interface ListedEntry {
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'directory';
  readonly executable: boolean;
  /** As declared in the header (bytes); reading verifies it. */
  readonly size: number;
  readonly raw: Entry;
}

/** An entry whose data is inside the zip and shares no bytes with another's. */
export interface ZipEntry extends ListedEntry {
  /** Where its compressed data begins (bytes from the start of the zip). */
  readonly dataStart: number;
}

const UNIX_HOSTS: ReadonlySet<number> = new Set([3, 19]);
const FORMAT = 0o170000;
const METHOD_STORE = 0;
/** Number of the compression method deflate. */
export const METHOD_DEFLATE = 8;

/**
 * Reads the central directory of a zip. Throws a `LAM_STORE_ZIP_*` error for the first entry that must not be unpacked,
 * and when the number of entries or their declared size exceeds a limit.
 */
export async function listEntries(zip: ZipFile, limits: ArtifactLimits): Promise<ListedEntry[]> {
  if (zip.entryCount > limits.artifactFiles) {
    throw lamError('LAM_STORE_ZIP_TOO_MANY_FILES', { files: zip.entryCount, limit: limits.artifactFiles });
  }
  const entries: ListedEntry[] = [];
  let total = 0;
  try {
    for await (const raw of zip.eachEntry()) {
      const entry = classify(raw);
      if (entry === undefined) continue;
      total += entry.size;
      if (total > limits.unpackedBytes) throw tooLarge(limits);
      entries.push(entry);
    }
  } catch (error) {
    if (isLamError(error)) throw error;
    throw lamError('LAM_STORE_ZIP_TRUNCATED', { why: 'its list of entries cannot be read' }, error);
  }
  return entries;
}

/** Returns the error of a zip that unpacks to more than the limit. */
export function tooLarge(limits: ArtifactLimits): Error {
  return lamError('LAM_STORE_ZIP_TOO_LARGE', { what: 'the unpacked zip', limit: limits.unpackedBytes });
}

/** Returns undefined for an entry of the root folder. */
function classify(raw: Entry): ListedEntry | undefined {
  const name = nameOf(raw);
  const kind = kindOf(raw, name);
  const path = name.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
  if (kind === 'directory' && (path === '' || path === '.'))
    return name.startsWith('/') ? refuse(name, 'it is absolute') : undefined;
  const fault = pathFault(path);
  if (fault !== undefined) return refuse(name, fault);
  if (raw.isEncrypted()) throw lamError('LAM_STORE_ZIP_ENCRYPTED', { entry: name });
  if (raw.compressionMethod !== METHOD_STORE && raw.compressionMethod !== METHOD_DEFLATE) {
    throw lamError('LAM_STORE_ZIP_UNSUPPORTED', { entry: name, what: `compression method ${raw.compressionMethod}` });
  }
  return {
    path,
    kind,
    executable: isExecutable(raw, path),
    size: kind === 'directory' ? 0 : raw.uncompressedSize,
    raw,
  };
}

function refuse(entry: string, why: string): never {
  throw lamError('LAM_STORE_ZIP_UNSAFE_PATH', { entry, why });
}

function nameOf(raw: Entry): string {
  // yauzl leaves names as bytes (decodeStrings: false), so that errors can name the entry.
  const name = getFileNameLowLevel(raw.generalPurposeBitFlag, raw.fileNameRaw, raw.extraFields, true);
  if (name.includes('\uFFFD')) return refuse(name, 'it is not valid UTF-8');
  return name;
}

function unixMode(raw: Entry): number {
  return UNIX_HOSTS.has(raw.versionMadeBy >> 8) ? raw.externalFileAttributes >>> 16 : 0;
}

function kindOf(raw: Entry, name: string): ListedEntry['kind'] {
  const mode = unixMode(raw);
  switch (mode & FORMAT) {
    case 0:
    case 0o100000:
      return name.endsWith('/') ? 'directory' : 'file';
    case 0o040000:
      return 'directory';
    case 0o120000:
      return 'symlink';
    default:
      throw lamError('LAM_STORE_ZIP_UNSUPPORTED', {
        entry: name,
        what: 'it is neither a file, a folder nor a symbolic link',
      });
  }
}

/** Zips made on Windows carry no mode: there only `bootstrap` is executable. */
function isExecutable(raw: Entry, path: string): boolean {
  const mode = unixMode(raw);
  return mode === 0 ? path === 'bootstrap' : (mode & 0o111) !== 0;
}
