import type { CatalogueState } from './state.ts';

/** A state of the catalogue and its place in the order of states. */
export interface CatalogueSnapshot {
  /** Higher for every later state of the same store. */
  readonly revision: number;
  readonly state: CatalogueState;
}

/** `moved`: the catalogue has a newer revision than the change was made for; nothing was stored. */
export type ChangeOutcome = 'stored' | 'moved';

/** Called with the new snapshot and the one passed in the previous call. */
export type CatalogueWatcher = (after: CatalogueSnapshot, before: CatalogueSnapshot) => void;

/**
 * Where a catalogue is kept: a file, or a store that several machines share. New states result from local changes or
 * arrive from elsewhere. One state may cover several changes, so listeners compare states instead of expecting one call
 * per change.
 */
export interface CatalogueStore {
  /** The newest state known here. Reading it costs nothing. */
  readonly current: CatalogueSnapshot;
  /**
   * Compare-and-set: makes `next` the state that follows `revision`. When it resolves to `stored`, the state is
   * durable, is {@link CatalogueStore.current} and has been passed to the listeners. On `moved`, `current` is already
   * newer than `revision`, so the caller can retry from it at once. Passing the current state only confirms that no
   * newer one exists. Rejects when the state cannot be stored; then nothing has changed.
   */
  change(revision: number, next: CatalogueState): Promise<ChangeOutcome>;
  /**
   * Calls `listener` for each later state, local or remote, in the order of revisions. Returns a function that
   * unsubscribes.
   */
  watch(listener: CatalogueWatcher): () => void;
}
