import type { CatalogueView, FunctionOutline } from '../store/index.ts';
import type { FunctionName, VersionNumber } from '../contract/index.ts';

/** A change that others must act on; emitted once readers of the registry see it. */
export interface RegistryChange {
  readonly name: FunctionName;
  /** `deleted`: the whole function. */
  readonly kind: 'live-moved' | 'deleted' | 'version-deleted';
  /** The version that was live, or that was deleted. */
  readonly from: VersionNumber | null;
  readonly to: VersionNumber | null;
}

/**
 * Returns what happened to a function between two states of the catalogue, which may be several changes apart. A
 * function that was deleted and created again yields both events. Pure.
 */
export function changesOf(name: FunctionName, before: CatalogueView, after: CatalogueView): readonly RegistryChange[] {
  const was = before.outline(name);
  const is = after.outline(name);
  if (was !== undefined && is !== undefined && was.createdAt === is.createdAt) {
    const changes: RegistryChange[] = [];
    if (was.live !== is.live) changes.push({ name, kind: 'live-moved', from: was.live, to: is.live });
    if (lostVersions(was, is)) {
      const kept = versionsOf(after, name);
      for (const version of versionsOf(before, name))
        if (!kept.has(version)) changes.push({ name, kind: 'version-deleted', from: version, to: null });
    }
    return changes;
  }
  const deleted = was && ({ name, kind: 'deleted', from: was.live, to: null } as const);
  const made = is && ({ name, kind: 'live-moved', from: null, to: is.live } as const);
  return [deleted, made].filter((change) => change !== undefined);
}

/**
 * Whether versions were deleted. Without deletions, the count of versions grows with the last number. Avoids reading
 * the records.
 */
function lostVersions(was: FunctionOutline, is: FunctionOutline): boolean {
  return is.versions - was.versions !== is.lastVersion - was.lastVersion;
}

function versionsOf(catalogue: CatalogueView, name: FunctionName): ReadonlySet<VersionNumber> {
  return new Set(Object.values(catalogue.record(name)?.versions ?? {}).map(({ version }) => version));
}
