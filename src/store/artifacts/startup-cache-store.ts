import { createHash, randomBytes } from 'node:crypto';
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Digest } from '../../contract/index.ts';
import type { ArtifactStore } from './artifact-store.ts';
import type { Layout } from '../disk/layout.ts';
import { Lru } from '../../kit/index.ts';

/** Largest cache that is kept (bytes). */
const LARGEST_BYTES = 16 * 1024 * 1024;
/** Total size of the caches kept in memory (bytes). */
const MEMORY_BYTES = 8 * 1024 * 1024;
/** Weight of an entry besides its cache (bytes); an entry may say that there is no cache. */
const ENTRY_BYTES = 256;
/** A file begins with these four bytes, the cache's CRC-32 and its length, all big-endian. */
const MAGIC = 0x4c_53_43_31;
const HEAD_BYTES = 12;

/** Stands for a missing cache. */
const NONE = new Uint8Array();

/**
 * Start-up caches: what an interpreter compiled of an artifact's code (V8's compile cache, Python's byte code), so that
 * the next sandbox loads it faster. Opaque here. They are stored in the artifact's folder and removed with it. Losing
 * one only costs time, so writes are not flushed and failures are ignored.
 */
export class StartupCacheStore {
  readonly #paths: Layout;
  readonly #artifacts: ArtifactStore;
  #recent = noCaches();
  readonly #reading = new Map<string, Promise<Uint8Array>>();

  constructor(paths: Layout, artifacts: ArtifactStore) {
    this.#paths = paths;
    this.#artifacts = artifacts;
    // They may have been made from the altered code. Rare, so all are read again.
    artifacts.onRepaired(() => (this.#recent = noCaches()));
  }

  /**
   * Returns the cache of an artifact's code for one interpreter (`node 26.10.0`), or undefined. All callers share the
   * bytes and must not change them. Never rejects.
   */
  async get(digest: Digest, interpreter: string): Promise<Uint8Array | undefined> {
    const path = this.#path(digest, interpreter);
    const cache = this.#recent.get(path) ?? (await this.#read(path, interpreter));
    return cache.length === 0 ? undefined : cache;
  }

  /** Stores a cache and replaces an earlier one. Ignores empty ones and those over 16 MiB. Never rejects. */
  async put(digest: Digest, interpreter: string, made: Uint8Array): Promise<void> {
    if (made.length === 0 || made.length > LARGEST_BYTES || !this.#artifacts.has(digest)) return;
    const path = this.#path(digest, interpreter);
    // Copied because `made` may be a slice of a larger receive buffer.
    const cache = new Uint8Array(made);
    this.#recent.set(path, cache);
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(MAGIC, 0);
    head.writeUInt32BE(checksum(cache, interpreter), 4);
    head.writeUInt32BE(cache.length, 8);
    const staged = join(this.#paths.staging, randomBytes(8).toString('hex'));
    try {
      await writeFile(staged, [head, cache], { flag: 'wx', mode: 0o600 });
      await rename(staged, path);
    } catch {
      // The disk is full or the artifact was removed: the cache is served from memory until it is evicted.
      await unlink(staged).catch(() => undefined);
    }
  }

  #path(digest: Digest, interpreter: string): string {
    const name = createHash('sha256').update(interpreter).digest('hex').slice(0, 16);
    return this.#paths.startupCache(digest, name);
  }

  /** Sandboxes that start at the same time share one read. */
  #read(path: string, interpreter: string): Promise<Uint8Array> {
    const pending = this.#reading.get(path);
    if (pending !== undefined) return pending;
    const reading = readCache(path, interpreter).then((cache) => {
      this.#reading.delete(path);
      // A cache that was put in the meantime is newer.
      const newer = this.#recent.get(path);
      if (newer === undefined) this.#recent.set(path, cache);
      return newer ?? cache;
    });
    this.#reading.set(path, reading);
    return reading;
  }
}

function noCaches(): Lru<Uint8Array> {
  return new Lru<Uint8Array>(MEMORY_BYTES, (cache) => cache.length + ENTRY_BYTES);
}

async function readCache(path: string, interpreter: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    // Usually none was stored; an unreadable one counts as missing.
    return NONE;
  }
  if (bytes.length < HEAD_BYTES || bytes.readUInt32BE(0) !== MAGIC) return NONE;
  const cache = bytes.subarray(HEAD_BYTES);
  return bytes.readUInt32BE(8) === cache.length && bytes.readUInt32BE(4) === checksum(cache, interpreter)
    ? cache
    : NONE;
}

/** Covers the cache and the interpreter's name, so that a cache is never given to another interpreter. */
function checksum(cache: Uint8Array, interpreter: string): number {
  return crc32(cache, crc32(interpreter));
}
