import { readFile } from 'node:fs/promises';
import { Low, type Adapter } from 'lowdb';
import { lamError } from '../../errors/index.ts';
import { Mutex } from '../../kit/index.ts';
import { writeFileAtomic } from '../disk/atomic-file.ts';
import { errnoOf, storeError } from '../disk/io-errors.ts';
import { keepAside } from '../disk/keep-aside.ts';
import type { CatalogueWatcher, CatalogueSnapshot, CatalogueStore, ChangeOutcome } from './catalogue-store.ts';
import type { OutlineFact } from './outline-fact.ts';
import { CATALOGUE_SCHEMA } from './schema.ts';
import { CatalogueState } from './state.ts';
import { parseCatalogue, printCatalogue } from './text.ts';

/** A catalogue in one file, used by the one process that holds the home's lock: only its own changes can conflict. */
export class LowdbCatalogueStore implements CatalogueStore {
  readonly #low: Low<CatalogueState>;
  readonly #changes = new Mutex();
  readonly #listeners = new Set<CatalogueWatcher>();
  #current: CatalogueSnapshot;
  /** After a failed write: the file may hold either state. */
  #unsure = false;

  private constructor(low: Low<CatalogueState>) {
    this.#low = low;
    this.#current = { revision: 0, state: low.data };
  }

  /**
   * Reads the catalogue at `path`; it is empty where there is no file. Throws `LAM_STORE_CORRUPT` (and keeps a copy
   * beside it) or `LAM_STORE_NEWER`; the file is not touched then. `facts`: the ones that views offer.
   */
  static async open(path: string, facts: readonly OutlineFact<unknown>[] = []): Promise<LowdbCatalogueStore> {
    const low = new Low<CatalogueState>(new DurableFile(path, facts), CatalogueState.of([], {}, facts));
    await low.read();
    return new LowdbCatalogueStore(low);
  }

  get current(): CatalogueSnapshot {
    return this.#current;
  }

  change(revision: number, next: CatalogueState): Promise<ChangeOutcome> {
    return this.#changes.run(async () => {
      const before = this.#current;
      if (revision !== before.revision) return 'moved';
      if (next !== before.state || this.#unsure) await this.#write(next);
      if (next === before.state) return 'stored';
      this.#current = { revision: revision + 1, state: next };
      for (const listener of this.#listeners) listener(this.#current, before);
      return 'stored';
    });
  }

  watch(listener: CatalogueWatcher): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #write(next: CatalogueState): Promise<void> {
    this.#low.data = next;
    try {
      await this.#low.write();
      this.#unsure = false;
    } catch (error) {
      this.#unsure = true;
      this.#low.data = this.#current.state;
      throw error;
    }
  }
}

/** lowdb's adapter to a file that is replaced as a whole or not at all. */
class DurableFile implements Adapter<CatalogueState> {
  readonly #path: string;
  readonly #facts: readonly OutlineFact<unknown>[];

  constructor(path: string, facts: readonly OutlineFact<unknown>[]) {
    this.#path = path;
    this.#facts = facts;
  }

  async read(): Promise<CatalogueState | null> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw storeError(error, this.#path);
    }
    const reading = parseCatalogue(bytes, this.#facts);
    switch (reading.kind) {
      case 'ok':
        return reading.state;
      case 'newer':
        throw lamError('LAM_STORE_NEWER', { path: this.#path, schema: reading.schema, supported: CATALOGUE_SCHEMA });
      case 'corrupt':
        throw lamError('LAM_STORE_CORRUPT', { path: this.#path, kept: await keepAside(this.#path), why: reading.why });
    }
  }

  async write(state: CatalogueState): Promise<void> {
    await writeFileAtomic(this.#path, printCatalogue(state));
  }
}
