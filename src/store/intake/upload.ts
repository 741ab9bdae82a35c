import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactAnswer } from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import { ARTIFACT_LIMITS } from '../artifacts/limits.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { storeError } from '../disk/io-errors.ts';
import type { Layout } from '../disk/layout.ts';
import type { ZipSource } from './zip-bytes.ts';

/** Largest manifest (bytes): well above one of the largest number of files. */
const MANIFEST_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;
/** Largest zip that stays in memory until it is unpacked (bytes). */
const MEMORY_BYTES = 1024 * 1024;

/**
 * Stores an upload (`ARTIFACT_CONTENT_TYPE`) from its body as it arrives. Holds the manifest and a small zip in memory,
 * a larger zip in a temporary file. Throws `LAM_STORE_UPLOAD_INVALID`, `LAM_STORE_ZIP_TOO_LARGE` and what {@link
 * ArtifactStore.ingest} throws.
 */
export async function receiveArtifact(
  paths: Layout,
  artifacts: ArtifactStore,
  body: AsyncIterable<Uint8Array>,
): Promise<ArtifactAnswer> {
  const pieces = body[Symbol.asyncIterator]();
  const head = new UploadHead();
  for (let need = LENGTH_BYTES; head.length < need;) {
    const next = await pieces.next();
    if (next.done === true) throw invalid('it ends before its manifest does');
    head.push(next.value);
    if (need === LENGTH_BYTES && head.length >= LENGTH_BYTES) {
      const length = head.bytes().readUInt32BE(0);
      if (length > MANIFEST_BYTES) throw invalid('its manifest is too long');
      need += length;
    }
  }
  const bytes = head.bytes();
  const end = LENGTH_BYTES + bytes.readUInt32BE(0);
  const manifest = parse(bytes.subarray(LENGTH_BYTES, end));
  return spooled(paths, bytes.subarray(end), pieces, (source) => artifacts.ingest(manifest, source));
}

/**
 * Stores the files of a zip from a body as it arrives. Throws `LAM_STORE_ZIP_TOO_LARGE` and what {@link
 * ArtifactStore.ingestZip} throws.
 */
export async function receiveZip(
  paths: Layout,
  artifacts: ArtifactStore,
  body: AsyncIterable<Uint8Array>,
): Promise<ArtifactAnswer> {
  return spooled(paths, Buffer.alloc(0), body[Symbol.asyncIterator](), (source) => artifacts.ingestZip(source));
}

/** Collects the first pieces of an upload; joins them only when they are read. */
class UploadHead {
  #pieces: Uint8Array[] = [];
  length = 0;

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  bytes(): Buffer {
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }
}

async function spooled<T>(
  paths: Layout,
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  use: (source: ZipSource) => Promise<T>,
): Promise<T> {
  const held = [first];
  for (let size = first.length; size <= MEMORY_BYTES;) {
    const next = await rest.next();
    if (next.done === true) return use({ bytes: Buffer.concat(held, size) });
    held.push(next.value);
    size += next.value.length;
  }
  return spooledToFile(paths, Buffer.concat(held), rest, use);
}

async function spooledToFile<T>(
  paths: Layout,
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  use: (source: ZipSource) => Promise<T>,
): Promise<T> {
  const path = join(paths.tmp, `${randomBytes(8).toString('hex')}.zip`);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      let size = 0;
      for (
        let piece: IteratorResult<Uint8Array> = { value: first, done: false };
        piece.done !== true;
        piece = await rest.next()
      ) {
        size += piece.value.length;
        if (size > ARTIFACT_LIMITS.zipBytes)
          throw lamError('LAM_STORE_ZIP_TOO_LARGE', { what: 'the zip', limit: ARTIFACT_LIMITS.zipBytes });
        await file.writeFile(piece.value);
      }
    } finally {
      await file.close();
    }
    return await use({ path });
  } catch (error) {
    throw isLamError(error) ? error : storeError(error, path);
  } finally {
    await unlink(path).catch(() => undefined);
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw lamError('LAM_STORE_UPLOAD_INVALID', { why: 'its manifest is not JSON' }, error);
  }
}

function invalid(why: string): Error {
  return lamError('LAM_STORE_UPLOAD_INVALID', { why });
}
