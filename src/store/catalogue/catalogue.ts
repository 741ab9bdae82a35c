import { lamError } from '../../errors/index.ts';
import { Mutex } from '../../kit/index.ts';
import type { CatalogueStore } from './catalogue-store.ts';
import { differingNames } from './compare.ts';
import { CatalogueDraft, type CatalogueView } from './state.ts';
import type { FunctionName } from '../../contract/index.ts';

/** Attempts before a change fails: eight concurrent writers need about four. */
const MOST_ATTEMPTS = 32;

/** Two consecutive states as seen here, and the functions in which they differ. */
export interface CatalogueChange {
  readonly before: CatalogueView;
  readonly after: CatalogueView;
  /** Removed functions first. */
  readonly names: readonly FunctionName[];
}

/**
 * Functions, versions, aliases and history. Reads are from memory; a change that the store refuses as `moved` is
 * repeated.
 */
export class Catalogue {
  readonly #store: CatalogueStore;
  /** Changes made here never conflict with each other. */
  readonly #changes = new Mutex();

  constructor(store: CatalogueStore) {
    this.#store = store;
  }

  /** The current state. Later changes do not modify it. */
  get view(): CatalogueView {
    return this.#store.current.state;
  }

  /**
   * Applies `apply` to a draft and stores the result; readers and listeners see it once it is durable, before this
   * resolves. `apply` runs again on the newer state when the store has moved, so it must modify nothing but the draft.
   * Rejects with what `apply` throws, with what storing throws, and with `LAM_STORE_CONTENDED`; then nothing has
   * changed.
   */
  change<T>(apply: (draft: CatalogueDraft) => T): Promise<T> {
    return this.#changes.run(async () => {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        const { revision, state } = this.#store.current;
        const draft = new CatalogueDraft(state);
        let result: T;
        try {
          result = apply(draft);
        } catch (error) {
          // A refusal counts only if it was made from the newest state. Where that cannot be confirmed, as on a full
          // disk, the refusal is still what the caller has to know.
          const confirmed = await this.#store.change(revision, state).catch(() => 'stored');
          if (confirmed === 'stored') throw error;
          continue;
        }
        if ((await this.#store.change(revision, draft.finish())) === 'stored') return result;
      }
      throw lamError('LAM_STORE_CONTENDED', { attempts: MOST_ATTEMPTS });
    });
  }

  /** Runs `apply` on a draft that is discarded: returns what {@link change} would resolve to, or throws. */
  rehearse<T>(apply: (draft: CatalogueDraft) => T): T {
    return apply(new CatalogueDraft(this.#store.current.state));
  }

  /** Calls `listener` after each change of functions, local or remote. Returns a function that unsubscribes. */
  watch(listener: (change: CatalogueChange) => void): () => void {
    return this.#store.watch((after, before) => {
      const names = differingNames(before.state, after.state);
      if (names.length > 0) listener({ before: before.state, after: after.state, names });
    });
  }

  /** Resolves when all changes requested so far have settled. */
  async settled(): Promise<void> {
    await this.#changes.run(() => Promise.resolve());
  }
}
