import type { DfAnswer, GcAnswer, GcRequest } from '../contract/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { Registry } from '../registry/index.ts';
import { df, type Store } from '../store/index.ts';

/** What lam takes on the disk. */
export interface StorageOperations {
  /**
   * Removes versions past the newest `keep` of each function that are neither live nor aliased nor busy, then artifacts
   * and files that nothing uses. With `dryRun` it only says what would go.
   */
  gc(request: GcRequest): Promise<GcAnswer>;
  /** Bytes on disk, by function and in total, and what `gc` with its default would free. */
  df(): Promise<DfAnswer>;
}

/** What these operations need. */
export interface StorageRooms {
  readonly store: Store;
  readonly registry: Registry;
  readonly logs: LogStore;
  /** Whether a version has sandboxes, so that its files are in use. */
  readonly isBusy: (name: string, version: number) => boolean;
}

/** Versions that `lam gc` keeps of each function unless told otherwise; `lam df` reports what that would free. */
const DEFAULT_KEEP = 5;

/** Implements {@link StorageOperations}. */
export function storageOperations({ store, registry, logs, isBusy }: StorageRooms): StorageOperations {
  return {
    gc: (request) => registry.gc(request, isBusy),
    async df() {
      const { sizes, total } = await logs.sizes();
      const { bytes } = await registry.gc({ keep: DEFAULT_KEEP, dryRun: true }, isBusy);
      return df(store.paths, store.catalogue.view, store.artifacts, {
        logsOf: (name) => sizes[name] ?? 0,
        logs: total,
        reclaimable: bytes,
      });
    },
  };
}
