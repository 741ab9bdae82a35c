import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeId } from '../contract/index.ts';
import type { Clock, HeldLock } from '../kit/index.ts';
import type { ArtifactLimits } from './artifacts/limits.ts';
import { ArtifactStore } from './artifacts/artifact-store.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import { LowdbCatalogueStore } from './catalogue/lowdb-store.ts';
import type { OutlineFact } from './catalogue/outline-fact.ts';
import { storeError } from './disk/io-errors.ts';
import { layout, prepareHome, type Layout } from './disk/layout.ts';
import { acquireLock } from './disk/lock.ts';
import { nodeIdOf } from './disk/node-id.ts';
import { Reserve } from './disk/reserve.ts';
import { reclaimStaging } from './disk/staging.ts';
import { ApiKeyStore } from './keys/api-key-store.ts';
import { AwsCredentials } from './keys/aws-credentials.ts';
import { ImageCatalogue } from './images/image-catalogue.ts';
import { KeyUsageFile } from './keys/key-usage-file.ts';
import { LayerCatalogue } from './layers/layer-catalogue.ts';
import { MasterSecret } from './keys/master-secret.ts';
import { StateJournal } from './states/state-journal.ts';
import { StartupCacheStore } from './artifacts/startup-cache-store.ts';

/** An open home. This process holds its lock. */
export interface Store {
  readonly paths: Layout;
  /** Identifies this home among others: 12 hexadecimal digits, made once. */
  readonly nodeId: NodeId;
  readonly lock: HeldLock;
  readonly catalogue: Catalogue;
  readonly artifacts: ArtifactStore;
  readonly layers: LayerCatalogue;
  readonly images: ImageCatalogue;
  readonly apiKeys: ApiKeyStore;
  readonly masterSecret: MasterSecret;
  readonly awsCredentials: AwsCredentials;
  readonly keyUsage: KeyUsageFile;
  readonly startupCaches: StartupCacheStore;
  /** What triggers keep over restarts. */
  readonly triggerStates: StateJournal;
  /** What wire APIs keep over restarts. */
  readonly apiStates: StateJournal;
  /** Space kept back for when the disk is full. */
  readonly reserve: Reserve;
  /** Number of unfinished files and locks of a dead daemon that opening removed. */
  readonly reclaimed: number;
  /** Waits for pending changes, then releases the lock. Idempotent. */
  close(): Promise<void>;
}

/** Options of {@link openStore}. */
export interface StoreOptions {
  readonly clock: Clock;
  readonly limits?: ArtifactLimits;
  /** Facts that the catalogue keeps in memory of every function, besides its outline. */
  readonly facts?: readonly OutlineFact<unknown>[];
  /** Told of what was damaged and left out. */
  readonly onTrouble?: (what: string) => void;
}

/**
 * Creates the home if needed, takes its lock, removes what a dead daemon left unfinished and reads the catalogue.
 * Throws `LAM_STORE_LOCKED`, `LAM_STORE_CORRUPT`, `LAM_STORE_NEWER`, `LAM_STORE_NOT_WRITABLE` or `LAM_STORE_DISK_FULL`,
 * and then holds nothing.
 */
export async function openStore(home: string, options: StoreOptions): Promise<Store> {
  const paths = layout(home);
  const reserve = new Reserve(paths);
  reserve.releaseIfNeeded();
  const store = await reserve.lend(() => openAll(paths, reserve, options));
  reserve.keep();
  return store;
}

async function openAll(paths: Layout, reserve: Reserve, options: StoreOptions): Promise<Store> {
  prepareHome(paths);
  const lock = await acquireLock(paths);
  try {
    const left = await reclaimStaging(paths);
    const nodeId = await nodeIdOf(paths);
    const catalogue = new Catalogue(await LowdbCatalogueStore.open(paths.catalogue, options.facts));
    const artifacts = await ArtifactStore.open(paths, options);
    const layers = await LayerCatalogue.open(paths.layers);
    const images = await ImageCatalogue.open(paths.images);
    const apiKeys = await ApiKeyStore.open(paths.apiKeys);
    const masterSecret = await MasterSecret.open(paths.masterSecret);
    const onTrouble = options.onTrouble ?? (() => undefined);
    if (apiKeys.hasSigning && !masterSecret.isMade) {
      onTrouble(
        `'${paths.masterSecret}' is gone, so that the secret access keys of all API keys are void; make new keys`,
      );
      await masterSecret.make();
    }
    const keyUsage = await KeyUsageFile.open(paths.keyUsage, apiKeys.ids(), onTrouble);
    const triggerStates = await StateJournal.open(paths.triggerStates, onTrouble);
    const apiStates = await StateJournal.open(paths.apiStates, onTrouble);
    return {
      paths,
      nodeId,
      lock,
      catalogue,
      artifacts,
      layers,
      images,
      apiKeys,
      masterSecret,
      awsCredentials: new AwsCredentials(apiKeys, masterSecret),
      keyUsage,
      startupCaches: new StartupCacheStore(paths, artifacts),
      triggerStates,
      apiStates,
      reserve,
      reclaimed: left + (lock.reclaimed ? 1 : 0),
      close: async () => {
        const kept = [catalogue, layers, images, apiKeys, triggerStates, apiStates];
        await Promise.all(kept.map((each) => each.settled()));
        await keyUsage.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Checks that a store could be opened while another process holds the home: files can be made, and the catalogue can
 * be read. Throws `LAM_STORE_CORRUPT`, `LAM_STORE_NEWER`, `LAM_STORE_NOT_WRITABLE` or `LAM_STORE_DISK_FULL`.
 */
export async function checkHome(home: string): Promise<void> {
  const paths = layout(home);
  const file = join(paths.run, `check-${process.pid}`);
  try {
    await writeFile(file, '', { mode: 0o600 });
    await rm(file);
  } catch (error) {
    throw storeError(error, home);
  }
  await LowdbCatalogueStore.open(paths.catalogue);
  await LayerCatalogue.open(paths.layers);
  await ImageCatalogue.open(paths.images);
  await KeyUsageFile.open(paths.keyUsage, (await ApiKeyStore.open(paths.apiKeys)).ids(), () => undefined);
  await MasterSecret.open(paths.masterSecret);
  await StateJournal.open(paths.triggerStates, () => undefined);
  await StateJournal.open(paths.apiStates, () => undefined);
}
