import {
  GC_KEEP,
  type DfAnswer,
  type GcAnswer,
  type GcRequest,
  type FunctionName,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { LogStore } from '../logs/index.ts';
import type { InvocationQueue } from '../queue/index.ts';
import type { Registry } from '../registry/index.ts';
import { df, type Store } from '../store/index.ts';
import { keptByEvents } from './accept-event.ts';

/** Disk usage. */
export interface StorageOperations {
  /**
   * Removes versions past the newest `keep` (default {@link GC_KEEP}) of each function that are neither live nor
   * aliased nor busy nor named by a waiting event or a dead letter, of `only` if that is given, then unused artifacts and files. With `dryRun` it only returns what it would remove. Throws
   * `LAM_OPERATIONS_INVALID_VALUE` for a `keep` that is not a whole number of at least 0.
   */
  gc(request: GcRequest): Promise<GcAnswer>;
  /** Bytes on disk, by function and in total, and what `gc` with default settings would free. */
  df(): Promise<DfAnswer>;
}

/** Rooms that these operations use. */
export interface StorageRooms {
  readonly store: Store;
  readonly registry: Registry;
  readonly logs: LogStore;
  readonly queue: InvocationQueue;
  /** Removes container images that no version needs. Never rejects. */
  readonly removeImages: () => Promise<void>;
  /** Whether a version has sandboxes, so that its files are in use. */
  readonly isBusy: (name: FunctionName, version: VersionNumber) => boolean;
}

/** Implements {@link StorageOperations}. */
export function storageOperations({
  store,
  registry,
  logs,
  queue,
  removeImages,
  isBusy,
}: StorageRooms): StorageOperations {
  const gc = async ({ keep = GC_KEEP, ...rest }: GcRequest): Promise<GcAnswer> => {
    if (!Number.isSafeInteger(keep) || keep < 0)
      throw lamError('LAM_OPERATIONS_INVALID_VALUE', { what: `keep: ${keep} is not a whole number of at least 0` });
    const isNamed = await keptByEvents(queue);
    const isUsed: typeof isBusy = (name, version) => isBusy(name, version) || isNamed(name, version);
    if (rest.dryRun === true) return registry.gc({ keep, ...rest }, isUsed);
    // Dropping versions writes the catalogue, which takes space before any is freed.
    const collected = await store.reserve.spend(() => registry.gc({ keep, ...rest }, isUsed));
    await removeImages();
    return collected;
  };
  return {
    gc,
    async df() {
      const { sizes, total } = await logs.sizes();
      const { bytes } = await gc({ dryRun: true });
      return df(store.paths, store.catalogue.view, store.artifacts, {
        logsOf: (name) => sizes[name] ?? 0,
        logs: total,
        reclaimable: bytes,
      });
    },
  };
}
