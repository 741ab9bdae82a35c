import type { Clock } from '../kit/index.ts';
import { lamError } from '../errors/index.ts';
import type { Pool } from '../pool/index.ts';
import type { Registry } from '../registry/index.ts';
import type { ArtifactStore, CatalogueView, OutlineFact } from '../store/index.ts';
import type { FunctionName } from '../contract/index.ts';
import type { DaemonLog } from './daemon-log.ts';

/**
 * Delay from the start to the announcement of deployed functions (ms): requests that have already arrived go first.
 */
const ANNOUNCE_MS = 100;
/** Maximum of functions announced, newest first: reading the records of thousands would cost memory. */
const MOST_ANNOUNCED = 100;

/** The `provisionedConcurrency` of each function, which the daemon needs for all functions at start. */
export const PROVISIONED: OutlineFact<number> = {
  name: 'provisionedConcurrency',
  derive: ({ provisionedConcurrency }) => (provisionedConcurrency > 0 ? provisionedConcurrency : undefined),
};

/**
 * Reports moved pointers to the pool: sandboxes of a version without a pointer expire sooner, those of a deleted
 * version end.
 */
export function keepPoolInStep(registry: Registry, pool: Pool): void {
  registry.onChange(({ kind, name, from, to }) => {
    if (kind === 'live-moved') {
      if (from !== null) pool.setRetired(name, from, true);
      if (to !== null) {
        pool.setRetired(name, to, false);
        pool.setLive(registry.resolve(name));
      }
    } else {
      const version = kind === 'version-deleted' && from !== null ? from : undefined;
      pool.drop(name, version, lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name }));
    }
  });
}

/** Replaces sandboxes that may have loaded altered code, once a deploy has healed it. */
export function renewRepaired(
  artifacts: Pick<ArtifactStore, 'onRepaired'>,
  pool: Pick<Pool, 'renew'>,
  onTrouble: DaemonLog,
): void {
  artifacts.onRepaired((repaired) => {
    onTrouble(`code on the disk had been altered or lost, and is whole again: ${[...repaired].join(', ')}`);
    pool.renew(repaired);
  });
}

/**
 * Announces deployed functions to the pool shortly after the start, so that it boots stems and keeps `provisionedConcurrency`
 * sandboxes. Returns a function that cancels it.
 */
export function announceDeployed(
  catalogue: () => CatalogueView,
  registry: Registry,
  pool: Pool,
  clock: Clock,
): () => void {
  return clock.after(ANNOUNCE_MS, () => {
    const view = catalogue();
    const updatedAt = (name: FunctionName): number => view.outline(name)?.updatedAt ?? 0;
    const names = [...view.names()].toSorted((a, b) => updatedAt(a) - updatedAt(b));
    // The pool expects the function announced last to be used next.
    for (const [at, name] of names.entries()) {
      const keepsWarm = view.fact(name, PROVISIONED) !== undefined;
      if (!keepsWarm && at < names.length - MOST_ANNOUNCED) continue;
      const revision = registry.resolve(name);
      if (keepsWarm) pool.setLive(revision);
      else pool.announce(revision.config, revision.runtime);
    }
  });
}
