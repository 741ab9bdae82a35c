import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Digest } from '../../contract/index.ts';
import { pacer } from '../../kit/index.ts';
import { objectMode } from '../artifacts/objects.ts';
import { writeDurable } from '../disk/atomic-file.ts';
import { flushFiles, MANY_FILES } from '../disk/flush.ts';
import type { ZipEntry } from './zip-entries.ts';
import { isSmall, type ZipReader } from './zip-reader.ts';

/** A file that is ready to become an object. */
export interface StagedFile {
  readonly path: string;
  readonly size: number;
  /** Its mode is set accordingly. */
  readonly executable: boolean;
}

/** Files in a staging folder, by the digest of their content. */
export type StagedFiles = Map<Digest, StagedFile>;

/** Content of an entry as it was unpacked. */
export interface Written {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/**
 * Unpacks entries of a zip to files of a staging folder, each content once. Many are written first and flushed
 * together: {@link StagedWriter.flush} makes them durable.
 */
export class StagedWriter {
  readonly staged: StagedFiles = new Map();
  readonly #zip: ZipReader;
  readonly #folder: string;
  readonly #areMany: boolean;
  readonly #unflushed: string[] = [];
  readonly #pace = pacer();
  #files = 0;

  /** @param count number of entries that will be written */
  constructor(zip: ZipReader, folder: string, count: number) {
    this.#zip = zip;
    this.#folder = folder;
    this.#areMany = count >= MANY_FILES;
  }

  /** Unpacks an entry, and writes it unless a file has the same content. Throws what {@link ZipReader.read} throws. */
  async write(entry: ZipEntry, executable: boolean): Promise<Written> {
    const path = join(this.#folder, String(this.#files++));
    const written = isSmall(entry)
      ? await this.#writeSmall(entry, path, executable)
      : await this.#writeLarge(entry, path, executable);
    const { digest, size } = written;
    if (!this.staged.has(digest)) this.staged.set(digest, { path, size, executable });
    return written;
  }

  /** Makes all files durable. */
  async flush(): Promise<void> {
    await flushFiles(this.#unflushed.splice(0), this.#folder);
  }

  async #writeSmall(entry: ZipEntry, path: string, executable: boolean): Promise<Written> {
    await this.#pace();
    const content = this.#zip.readSmall(entry);
    const digest = digestOf(createHash('sha256').update(content));
    if (this.staged.has(digest)) return { digest, size: content.length };
    if (this.#areMany) {
      writeUnflushed(path, content, objectMode(executable));
      this.#unflushed.push(path);
    } else await writeDurable(path, content, objectMode(executable));
    return { digest, size: content.length };
  }

  async #writeLarge(entry: ZipEntry, path: string, executable: boolean): Promise<Written> {
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      await this.#zip.read(entry, async (piece) => {
        hash.update(piece);
        size += piece.length;
        await file.writeFile(piece);
      });
      // The umask cuts the mode given to open.
      await file.chmod(objectMode(executable));
      await file.sync();
    } finally {
      await file.close();
    }
    return { digest: digestOf(hash), size };
  }
}

/** Synchronous, because awaited calls take ten times as long; the caller paces them. */
function writeUnflushed(path: string, content: Uint8Array, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    fchmodSync(file, mode);
    for (let at = 0; at < content.length;) at += writeSync(file, content, at);
  } finally {
    closeSync(file);
  }
}
