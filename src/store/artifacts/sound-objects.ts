import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, type BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as pause } from 'node:timers/promises';
import { digestOf, type Digest } from '../../contract/index.ts';
import { errnoOf } from '../disk/io-errors.ts';
import { objectMode, type ObjectKey } from './objects.ts';

/** Files up to this size are read in one synchronous piece (bytes). */
const SMALL_BYTES = 256 * 1024;
const PIECE_BYTES = 1024 * 1024;
/** Files and bytes between two pauses, in which requests are served. */
const BATCH_FILES = 100;
const BATCH_BYTES = 2 * 1024 * 1024;

/** Content that a file must have. */
export interface ExpectedFile extends ObjectKey {
  readonly size: number;
}

/** A file system's clock has jumps of up to this length: two changes within one have the same time (ms). */
const TICK_MS = 2000;
/** Most files that are remembered beyond an upload, in about 300 bytes each. */
const MOST_REMEMBERED = 50_000;

/**
 * Files whose content was compared with its digest, with their status then. A later change of content, mode or links
 * changes the status, whose time of change only root can forge.
 */
export class Verified {
  readonly #statuses = new Map<string, string>();
  readonly #remembered: RememberedFiles | undefined;

  /** `remembered`: what earlier uploads compared; receives what this one compares. */
  constructor(remembered?: RememberedFiles) {
    this.#remembered = remembered;
  }

  has(path: string, stat: BigIntStats): boolean {
    const status = statusOf(stat);
    return this.#statuses.get(path) === status || this.#remembered?.has(path, status) === true;
  }

  /** `lookedAt`: when `stat` was taken, or before (ms since the epoch). */
  add(path: string, stat: BigIntStats, lookedAt: number): void {
    const status = statusOf(stat);
    this.#statuses.set(path, status);
    // A change in the same tick as the last one would not show.
    if (Number(stat.ctimeMs) + TICK_MS < lookedAt) this.#remembered?.add(path, status);
  }
}

/** Files that were compared since the daemon started, the latest {@link MOST_REMEMBERED} of them. */
export class RememberedFiles {
  readonly #statuses = new Map<string, string>();

  has(path: string, status: string): boolean {
    return this.#statuses.get(path) === status;
  }

  add(path: string, status: string): void {
    this.#statuses.delete(path);
    this.#statuses.set(path, status);
    if (this.#statuses.size <= MOST_REMEMBERED) return;
    for (const oldest of this.#statuses.keys()) {
      this.#statuses.delete(oldest);
      return;
    }
  }
}

function statusOf({ ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino}:${mtimeNs}:${ctimeNs}`;
}

/**
 * Returns the names of those files in `folder` that are read-only and have the expected content, compared by digest.
 * `verified` spares reading the files that it holds unchanged, and receives the others. Never follows a link.
 * @param now milliseconds since the epoch
 */
export async function soundFiles(
  folder: string,
  expected: Iterable<readonly [name: string, file: ExpectedFile]>,
  verified: Verified = new Verified(),
  now: number = Date.now(),
): Promise<Set<string>> {
  const sound = new Set<string>();
  let files = 0;
  let bytes = 0;
  for (const [name, file] of expected) {
    if (++files % BATCH_FILES === 0 || bytes > BATCH_BYTES) {
      bytes = 0;
      await pause();
    }
    const path = `${folder}/${name}`;
    const stat = statOf(path);
    if (stat === undefined || !hasForm(stat, file)) continue;
    if (!verified.has(path, stat)) {
      bytes += file.size;
      if ((await digestAt(path, file.size)) !== file.digest) continue;
      verified.add(path, stat, now);
    }
    sound.add(name);
  }
  return sound;
}

/** Returns a file's status, not that of a link's target; undefined where nothing is, or a file is a folder of its path. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function hasForm(stat: BigIntStats, { size, executable }: ExpectedFile): boolean {
  return stat.isFile() && stat.size === BigInt(size) && Number(stat.mode & 0o777n) === objectMode(executable);
}

/** Returns the digest of a file's content, or undefined where it cannot be read. */
async function digestAt(path: string, size: number): Promise<Digest | undefined> {
  const hash = createHash('sha256');
  try {
    if (size <= SMALL_BYTES) return digestOf(hash.update(readFileSync(path)));
    const file = await open(path, 'r');
    try {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(piece, 0, piece.length);
        if (bytesRead === 0) return digestOf(hash);
        hash.update(piece.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    // A sector that cannot be read: the content is lost. Other failures say nothing about it.
    if (['EIO', 'ENOENT', 'EUCLEAN', 'EBADMSG'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
