import { versionQualifier, type FunctionName, type VersionNumber } from '../contract/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Pool } from '../pool/index.ts';
import { PROVISIONED_VERSIONS, type Registry } from '../registry/index.ts';
import type { Catalogue, CatalogueView } from '../store/index.ts';

/** Delay of those of earlier daemons (ms): requests that have already arrived go first. */
const ANNOUNCE_MS = 100;

/**
 * Tells the pool how many sandboxes of which versions are kept warm for qualifiers: at each change, and shortly after the
 * start. Returns a function that cancels the latter.
 */
export function keepProvisionedInStep(catalogue: Catalogue, registry: Registry, pool: Pool, clock: Clock): () => void {
  const applied = new Map<FunctionName, ReadonlyMap<VersionNumber, number>>();
  const apply = (view: CatalogueView, name: FunctionName): void => {
    const wanted = view.fact(name, PROVISIONED_VERSIONS) ?? NONE;
    const before = applied.get(name) ?? NONE;
    if (wanted.size === 0 && before.size === 0) return;
    if (wanted.size === 0) applied.delete(name);
    else applied.set(name, wanted);
    const record = registry.has(name) ? registry.detail(name) : undefined;
    const versions = new Set(record?.allVersions.map(({ version }) => version));
    for (const version of new Set([...before.keys(), ...wanted.keys()]))
      // The pool has ended what was deleted.
      if (versions.has(version) && wanted.get(version) !== before.get(version))
        pool.setProvisioned(registry.resolve(name, versionQualifier(version)), wanted.get(version) ?? 0);
  };
  catalogue.watch(({ after, names }) => {
    for (const name of names) apply(after, name);
  });
  return clock.after(ANNOUNCE_MS, () => {
    const { view } = catalogue;
    for (const name of view.names()) apply(view, name);
  });
}

const NONE: ReadonlyMap<VersionNumber, number> = new Map();
