import { copyFile, readFile, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { Low, type Adapter } from 'lowdb';
import { lamError } from '../../errors/index.ts';
import { Mutex } from '../../kit/index.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { CATALOGUE_SCHEMA } from './schema.ts';
import { CatalogueDraft, CatalogueState, type CatalogueView } from './state.ts';
import { parseCatalogue, printCatalogue } from './text.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';

/**
 * Functions, versions, aliases and history, in one file. Reads are from memory; a change is in memory only once it
 * is on the disk.
 */
export class Catalogue {
  readonly #low: Low<CatalogueState>;
  #current: CatalogueState;
  /** After a failed write it is not known which state the file holds. */
  #unsure = false;
  readonly #changes = new Mutex();

  private constructor(low: Low<CatalogueState>) {
    this.#low = low;
    this.#current = low.data;
  }

  /**
   * Reads the catalogue at `path`, or begins an empty one. Throws `LAM_STORE_CORRUPT` (and keeps a copy beside it) or
   * `LAM_STORE_NEWER`; the file is not touched then.
   */
  static async open(path: string): Promise<Catalogue> {
    const low = new Low<CatalogueState>(new DurableFile(path), CatalogueState.of([]));
    await low.read();
    return new Catalogue(low);
  }

  /** The state of now. It stays as it is while later changes are made. */
  get data(): CatalogueView {
    return this.#current;
  }

  /**
   * Applies `change` to a draft, writes what came of it durably, and only then makes it the state of now and calls
   * `committed`, all in one go. Changes run one after the other. When `change` throws or the disk refuses, nothing has
   * changed; when it changes nothing, nothing is written.
   */
  mutate<T>(change: (draft: CatalogueDraft) => T, committed?: (result: T) => void): Promise<T> {
    return this.#changes.run(async () => {
      const draft = new CatalogueDraft(this.#current);
      const result = change(draft);
      const after = draft.finish();
      if (after !== this.#current || this.#unsure) await this.#write(after);
      this.#current = after;
      committed?.(result);
      return result;
    });
  }

  /** Runs `change` on a draft that is thrown away: what would come of it, or what it would throw. */
  rehearse<T>(change: (draft: CatalogueDraft) => T): T {
    return change(new CatalogueDraft(this.#current));
  }

  /** Resolves when all changes asked for so far are done. */
  async settled(): Promise<void> {
    await this.#changes.run(() => Promise.resolve());
  }

  async #write(after: CatalogueState): Promise<void> {
    this.#low.data = after;
    try {
      await this.#low.write();
      this.#unsure = false;
    } catch (error) {
      this.#unsure = true;
      this.#low.data = this.#current;
      throw error;
    }
  }
}

/** lowdb's door to the disk: whole or not at all. */
class DurableFile implements Adapter<CatalogueState> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<CatalogueState | null> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw storeError(error, this.#path);
    }
    const reading = parseCatalogue(bytes);
    switch (reading.kind) {
      case 'ok':
        return reading.state;
      case 'newer':
        throw lamError('LAM_STORE_NEWER', { path: this.#path, schema: reading.schema, supported: CATALOGUE_SCHEMA });
      case 'corrupt':
        throw lamError('LAM_STORE_CORRUPT', { path: this.#path, kept: await this.#keepAside(), why: reading.why });
    }
  }

  async write(state: CatalogueState): Promise<void> {
    await writeFileAtomic(this.#path, printCatalogue(state));
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
