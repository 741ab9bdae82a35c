import { createHash } from 'node:crypto';
import { closeSync, fchmodSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Digest } from '../../contract/index.ts';
import { pacer } from '../../kit/index.ts';
import { objectMode } from '../artifacts/objects.ts';
import { writeDurable } from '../disk/atomic-file.ts';
import { flushFiles, MANY_FILES } from '../disk/flush.ts';

/** A file that is ready to become an object. */
export interface StagedFile {
  readonly path: string;
  readonly size: number;
  /** Its mode is set accordingly. */
  readonly executable: boolean;
}

/** Files in a staging folder, by the digest of their content. */
export type StagedFiles = Map<Digest, StagedFile>;

/** Content of a file as it was unpacked. */
export interface Written {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Hands on a file's content piece by piece, in order. */
export type Feed = (sink: (piece: Uint8Array) => Promise<void>) => Promise<void>;

/**
 * Unpacks files to a staging folder, each content once. Many small ones are written first and flushed together: {@link
 * StagedWriter.flush} makes them durable.
 */
export class StagedWriter {
  readonly staged: StagedFiles = new Map();
  readonly #folder: string;
  readonly #areMany: boolean;
  readonly #unflushed: string[] = [];
  readonly #pace = pacer();
  #files = 0;

  /** @param count number of files that will be written */
  constructor(folder: string, count: number) {
    this.#folder = folder;
    this.#areMany = count >= MANY_FILES;
  }

  /** Writes a small file, unless one has the same content. @param contentOf called when it is its turn */
  async writeSmall(contentOf: () => Uint8Array, executable: boolean): Promise<Written> {
    const path = this.#nextPath();
    await this.#pace();
    const content = contentOf();
    const digest = digestOf(createHash('sha256').update(content));
    const written = { digest, size: content.length };
    if (this.staged.has(digest)) return written;
    if (this.#areMany) {
      writeUnflushed(path, content, objectMode(executable));
      this.#unflushed.push(path);
    } else await writeDurable(path, content, objectMode(executable));
    return this.#kept(path, written, executable);
  }

  /** Writes a file of any size. Rejects with what `feed` rejects with. */
  async writeLarge(feed: Feed, executable: boolean): Promise<Written> {
    const path = this.#nextPath();
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      await feed(async (piece) => {
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
    return this.#kept(path, { digest: digestOf(hash), size }, executable);
  }

  /** Makes all files durable. */
  async flush(): Promise<void> {
    await flushFiles(this.#unflushed.splice(0), this.#folder);
  }

  #nextPath(): string {
    return join(this.#folder, String(this.#files++));
  }

  #kept(path: string, written: Written, executable: boolean): Written {
    const { digest, size } = written;
    if (!this.staged.has(digest)) this.staged.set(digest, { path, size, executable });
    return written;
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
