import type { CatalogueState } from './state.ts';

/** A state of the catalogue and its place in the order of states. */
export interface CatalogueSnapshot {
  /** Higher for every later state of the same store. */
  readonly revision: number;
  readonly state: CatalogueState;
}

/** `moved`: the catalogue has left the revision that the change was made for, and nothing was stored. */
export type ChangeOutcome = 'stored' | 'moved';

/** Called with the new snapshot and the one that listeners were told before it. */
export type CatalogueWatcher = (after: CatalogueSnapshot, before: CatalogueSnapshot) => void;

/**
 * Where a catalogue is kept: a file, or a store that several machines share. New states come of local changes or arrive
 * from elsewhere, and one may stand for several changes: listeners compare states instead of counting on one call a
 * change.
 */
export interface CatalogueStore {
  /** The newest state known here. Reading it is free. */
  readonly current: CatalogueSnapshot;
  /**
   * Compare-and-set: makes `next` the state that follows `revision`. Before it resolves to `stored`, the state is
   * durable, {@link CatalogueStore.current} and told to the listeners. On `moved`, `current` is already newer than
   * `revision`, so that a change made from it may be tried at once. With the current state it only confirms that no
   * newer one exists. Rejects when the state cannot be stored; then nothing has changed.
   */
  change(revision: number, next: CatalogueState): Promise<ChangeOutcome>;
  /** Calls `listener` for each later state, in the order of revisions, wherever it was made. The result stops that. */
  watch(listener: CatalogueWatcher): () => void;
}
