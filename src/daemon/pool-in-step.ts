import type { Clock } from '../kit/index.ts';
import { lamError } from '../errors/index.ts';
import type { Pool } from '../pool/index.ts';
import type { Registry } from '../registry/index.ts';
import type { CatalogueView, OutlineFact } from '../store/index.ts';

/** How long after the start the pool hears of what is deployed, ms: requests that come with the start go first. */
const ANNOUNCE_MS = 100;
/** Functions deployed last whose kinds are worth a stem; of thousands the rest would only cost memory to look at. */
const MOST_ANNOUNCED = 100;

/** Provisioned sandboxes, which the daemon's start needs of all functions. */
export const MIN_WARM: OutlineFact<number> = {
  name: 'minWarm',
  derive: ({ minWarm }) => (minWarm > 0 ? minWarm : undefined),
};

/** Sandboxes follow the pointers: those of a version nobody points at expire soon, those of a deleted one end. */
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

/** Tells the pool, shortly after the start, for which kinds of functions to boot stems and which sandboxes to keep warm. Returns what calls it off. */
export function announceDeployed(
  catalogue: () => CatalogueView,
  registry: Registry,
  pool: Pool,
  clock: Clock,
): () => void {
  return clock.after(ANNOUNCE_MS, () => {
    const view = catalogue();
    const updatedAt = (name: string): number => view.outline(name)?.updatedAt ?? 0;
    const names = [...view.names()].toSorted((a, b) => updatedAt(a) - updatedAt(b));
    // The one announced last is taken to be used next.
    for (const [at, name] of names.entries()) {
      const keepsWarm = view.fact(name, MIN_WARM) !== undefined;
      if (!keepsWarm && at < names.length - MOST_ANNOUNCED) continue;
      const revision = registry.resolve(name);
      if (keepsWarm) pool.setLive(revision);
      else pool.announce(revision.config, revision.runtime);
    }
  });
}
