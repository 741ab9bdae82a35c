import { copyFile, readFile, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { Low, type Adapter } from 'lowdb';
import { lamError } from '../errors/index.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { CATALOGUE_SCHEMA, emptyCatalogue, readCatalogue, type CatalogueData } from './catalogue-schema.ts';
import { errnoOf, storeError } from './io-errors.ts';

/** A view of the catalogue that cannot be changed through its types. */
export type CatalogueView = {
  readonly functions: CatalogueData['functions'];
  readonly retired: Readonly<CatalogueData['retired']>;
};

/**
 * Functions, versions, aliases and history, in one file. Reads are from memory; a change is in memory only once it
 * is on the disk.
 */
export class Catalogue {
  readonly #low: Low<CatalogueData>;
  #current: CatalogueData;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(low: Low<CatalogueData>) {
    this.#low = low;
    this.#current = low.data;
  }

  /**
   * Reads the catalogue at `path`, or begins an empty one. Throws `LAM_STORE_CORRUPT` (and keeps a copy beside it) or
   * `LAM_STORE_NEWER`; the file is not touched then.
   */
  static async open(path: string): Promise<Catalogue> {
    const low = new Low<CatalogueData>(new DurableFile(path), emptyCatalogue());
    await low.read();
    return new Catalogue(low);
  }

  /** The state of now. Not to be changed: {@link mutate} does that. It stays as it is while later changes are made. */
  get data(): CatalogueView {
    return this.#current;
  }

  /**
   * Applies `change` to a copy, writes that durably, and only then makes it the state of now and calls `committed`,
   * all in one go. Changes run one after the other. When `change` throws or the disk refuses, nothing has changed.
   */
  mutate<T>(change: (draft: CatalogueData) => T, committed?: (result: T) => void): Promise<T> {
    const done = this.#tail.then(async () => {
      const draft = structuredClone(this.#current);
      const result = change(draft);
      this.#low.data = draft;
      try {
        await this.#low.write();
      } catch (error) {
        this.#low.data = this.#current;
        throw error;
      }
      this.#current = draft;
      committed?.(result);
      return result;
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Runs `change` on a copy that is thrown away: what would come of it, or what it would throw. */
  rehearse<T>(change: (draft: CatalogueData) => T): T {
    return change(structuredClone(this.#current));
  }

  /** Resolves when all changes asked for so far are done. */
  async settled(): Promise<void> {
    await this.#tail;
  }
}

/** lowdb's door to the disk: whole or not at all, and nothing when the text is the one that is there. */
class DurableFile implements Adapter<CatalogueData> {
  readonly #path: string;
  #text: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<CatalogueData | null> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw storeError(error, this.#path);
    }
    const reading = readCatalogue(text);
    switch (reading.kind) {
      case 'ok':
        if (!reading.migrated) this.#text = text;
        return reading.data;
      case 'newer':
        throw lamError('LAM_STORE_NEWER', { path: this.#path, schema: reading.schema, supported: CATALOGUE_SCHEMA });
      case 'corrupt':
        throw lamError('LAM_STORE_CORRUPT', { path: this.#path, kept: await this.#keepAside(), why: reading.why });
    }
  }

  async write(data: CatalogueData): Promise<void> {
    const text = JSON.stringify(data);
    if (text === this.#text) return;
    // After a failure it is not known which of the two is there.
    this.#text = undefined;
    await writeFileAtomic(this.#path, text);
    this.#text = text;
  }

  /** Named by when the file was last written, so that starting again and again keeps one copy of one damage. */
  async #keepAside(): Promise<string> {
    const { mtime } = await stat(this.#path);
    const kept = `${this.#path}.corrupt-${mtime.toISOString().replaceAll(':', '-')}`;
    try {
      await copyFile(this.#path, kept, constants.COPYFILE_EXCL);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw storeError(error, kept);
    }
    return kept;
  }
}
