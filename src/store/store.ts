import type { NodeId } from '../contract/index.ts';
import type { Clock } from '../kit/index.ts';
import type { ArtifactLimits } from './artifacts/limits.ts';
import { ArtifactStore } from './artifacts/artifact-store.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import { LowdbCatalogueStore } from './catalogue/lowdb-store.ts';
import type { OutlineFact } from './catalogue/outline-fact.ts';
import { layout, prepareHome, type Layout } from './disk/layout.ts';
import { acquireLock, type DaemonLock } from './disk/lock.ts';
import { nodeIdOf } from './disk/node-id.ts';
import { reclaimStaging } from './disk/staging.ts';
import { StartupCacheStore } from './artifacts/startup-cache-store.ts';

/** An open home. This process holds its lock. */
export interface Store {
  readonly paths: Layout;
  /** Identifies this home among others: 12 hexadecimal digits, made once. */
  readonly nodeId: NodeId;
  readonly lock: DaemonLock;
  readonly catalogue: Catalogue;
  readonly artifacts: ArtifactStore;
  readonly startupCaches: StartupCacheStore;
  /** Number of unfinished files and locks of a dead daemon that opening removed. */
  readonly reclaimed: number;
  /** Waits for pending changes, then releases the lock. Idempotent. */
  close(): Promise<void>;
}

/**
 * Creates the home if needed, takes its lock, removes what a dead daemon left unfinished and reads the catalogue.
 * Throws `LAM_STORE_LOCKED`, `LAM_STORE_CORRUPT`, `LAM_STORE_NEWER`, `LAM_STORE_NOT_WRITABLE` or `LAM_STORE_DISK_FULL`,
 * and then holds nothing.
 */
export async function openStore(
  home: string,
  options: {
    readonly clock: Clock;
    readonly limits?: ArtifactLimits;
    /** Facts that the catalogue keeps in memory of every function, besides its outline. */
    readonly facts?: readonly OutlineFact<unknown>[];
  },
): Promise<Store> {
  const paths = layout(home);
  prepareHome(paths);
  const lock = await acquireLock(paths);
  try {
    const left = await reclaimStaging(paths);
    const nodeId = await nodeIdOf(paths);
    const catalogue = new Catalogue(await LowdbCatalogueStore.open(paths.catalogue, options.facts));
    const artifacts = await ArtifactStore.open(paths, options);
    return {
      paths,
      nodeId,
      lock,
      catalogue,
      artifacts,
      startupCaches: new StartupCacheStore(paths, artifacts),
      reclaimed: left + (lock.reclaimed ? 1 : 0),
      close: async () => {
        await catalogue.settled();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
