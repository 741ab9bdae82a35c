import { createHash, randomBytes } from 'node:crypto';
import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Digest } from '../../contract/index.ts';
import type { ArtifactStore } from './artifact-store.ts';
import type { Layout } from '../disk/layout.ts';
import { Lru } from '../../kit/index.ts';

/** A larger cache is not kept, bytes. */
const LARGEST_BYTES = 16 * 1024 * 1024;
/** What stays in memory in all, bytes. */
const MEMORY_BYTES = 8 * 1024 * 1024;
/** What remembering that there is no cache counts as, bytes. */
const ENTRY_BYTES = 256;
/** Before the bytes in the file: these four, then their CRC-32 and their number, big-endian. */
const MAGIC = 0x4c_53_43_31;
const HEAD_BYTES = 12;

/** Stands for a cache that is not there. */
const NONE = new Uint8Array();

/**
 * What sandboxes made when they loaded an artifact's code, so that the next one loads it faster: V8's compile cache, Python's
 * byte code. Bytes that mean something only to the interpreter that made them. They lie beside the artifact's tree, so
 * they go with it. Losing one costs a little time and nothing else: nothing is flushed, and no failure is told.
 */
export class StartupCacheStore {
  readonly #paths: Layout;
  readonly #artifacts: ArtifactStore;
  readonly #recent = new Lru<Uint8Array>(MEMORY_BYTES, (cache) => cache.length + ENTRY_BYTES);
  readonly #reading = new Map<string, Promise<Uint8Array>>();

  constructor(paths: Layout, artifacts: ArtifactStore) {
    this.#paths = paths;
    this.#artifacts = artifacts;
  }

  /**
   * The cache of an artifact's code for one interpreter (`node 26.10.0`), or undefined. Shared by all who ask, so not to be
   * changed. Never rejects.
   */
  async get(digest: Digest, interpreter: string): Promise<Uint8Array | undefined> {
    const path = this.#path(digest, interpreter);
    const cache = this.#recent.get(path) ?? (await this.#read(path, interpreter));
    return cache.length === 0 ? undefined : cache;
  }

  /** Keeps a cache in place of the one that may be there. Does nothing for one that is empty or over 16 MiB. Never rejects. */
  async put(digest: Digest, interpreter: string, made: Uint8Array): Promise<void> {
    if (made.length === 0 || made.length > LARGEST_BYTES || !this.#artifacts.has(digest)) return;
    const path = this.#path(digest, interpreter);
    // A copy, because what came over a connection is a part of more.
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
      // No room, or the artifact has gone: it is used from memory as long as it is there.
      await unlink(staged).catch(() => undefined);
    }
  }

  #path(digest: Digest, interpreter: string): string {
    const name = createHash('sha256').update(interpreter).digest('hex').slice(0, 16);
    return this.#paths.startupCache(digest, name);
  }

  /** One file is read once, however many sandboxes start at the same time. */
  #read(path: string, interpreter: string): Promise<Uint8Array> {
    const under = this.#reading.get(path);
    if (under !== undefined) return under;
    const reading = readCache(path, interpreter).then((cache) => {
      this.#reading.delete(path);
      // Unless one was put meanwhile.
      const newer = this.#recent.get(path);
      if (newer === undefined) this.#recent.set(path, cache);
      return newer ?? cache;
    });
    this.#reading.set(path, reading);
    return reading;
  }
}

async function readCache(path: string, interpreter: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    // None was put, as a rule; one that cannot be read is as good as none.
    return NONE;
  }
  if (bytes.length < HEAD_BYTES || bytes.readUInt32BE(0) !== MAGIC) return NONE;
  const cache = bytes.subarray(HEAD_BYTES);
  return bytes.readUInt32BE(8) === cache.length && bytes.readUInt32BE(4) === checksum(cache, interpreter)
    ? cache
    : NONE;
}

/** Of a cache and of whom it is for. */
function checksum(cache: Uint8Array, interpreter: string): number {
  return crc32(cache, crc32(interpreter));
}
