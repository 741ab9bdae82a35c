import type {
  CatalogueWatcher,
  CatalogueSnapshot,
  CatalogueStore,
  ChangeOutcome,
} from '../../src/store/catalogue/catalogue-store.ts';
import type { OutlineFact } from '../../src/store/catalogue/outline-fact.ts';
import { CatalogueState } from '../../src/store/catalogue/state.ts';
import { parseCatalogue, printCatalogue } from '../../src/store/catalogue/text.ts';

/** A catalogue that several nodes share, in memory. States travel as bytes, as they would between machines. */
export class SharedCatalogue {
  /** The state of each revision, as bytes; the first is empty. */
  readonly #states: Buffer[] = [print(CatalogueState.of([]))];
  readonly #facts: readonly OutlineFact<unknown>[];

  /** @param facts the ones that views offer */
  constructor(facts: readonly OutlineFact<unknown>[] = []) {
    this.#facts = facts;
  }

  /** The newest revision. */
  get revision(): number {
    return this.#states.length - 1;
  }

  /** Makes `bytes` the next state, unless `revision` is no longer the newest. */
  add(revision: number, bytes: Buffer): boolean {
    if (revision !== this.revision) return false;
    this.#states.push(bytes);
    return true;
  }

  stateOf(revision: number): CatalogueState {
    const reading = parseCatalogue(Buffer.from(this.#states[revision] ?? Buffer.alloc(0)), this.#facts);
    if (reading.kind !== 'ok') throw new Error(`revision ${revision} cannot be read: ${JSON.stringify(reading)}`);
    return reading.state;
  }

  /** A node that sees the newest state. */
  node(): CatalogueNode {
    return new CatalogueNode(this);
  }
}

/**
 * One node's store. It receives others' changes when {@link CatalogueNode.catchUp} is called, or when its own change is
 * refused.
 */
export class CatalogueNode implements CatalogueStore {
  readonly #shared: SharedCatalogue;
  readonly #listeners = new Set<CatalogueWatcher>();
  #current: CatalogueSnapshot;
  /** Awaited before each change is compared, so that tests can interleave another change. */
  beforeChange: () => Promise<unknown> = () => Promise.resolve();

  constructor(shared: SharedCatalogue) {
    this.#shared = shared;
    this.#current = { revision: shared.revision, state: shared.stateOf(shared.revision) };
  }

  get current(): CatalogueSnapshot {
    return this.#current;
  }

  async change(revision: number, next: CatalogueState): Promise<ChangeOutcome> {
    await this.beforeChange();
    if (revision === this.#shared.revision && next === this.#current.state) return 'stored';
    if (!this.#shared.add(revision, print(next))) {
      this.catchUp();
      return 'moved';
    }
    this.#become({ revision: revision + 1, state: next });
    return 'stored';
  }

  watch(listener: CatalogueWatcher): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Receives the newest state, however many changes made it. */
  catchUp(): void {
    const { revision } = this.#shared;
    if (revision !== this.#current.revision) this.#become({ revision, state: this.#shared.stateOf(revision) });
  }

  #become(after: CatalogueSnapshot): void {
    const before = this.#current;
    this.#current = after;
    for (const listener of this.#listeners) listener(after, before);
  }
}

function print(state: CatalogueState): Buffer {
  return Buffer.concat(printCatalogue(state));
}
