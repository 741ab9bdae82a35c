import type { Digest, FunctionName, VersionNumber } from '../../contract/index.ts';
import { aliasedVersions } from './schema.ts';
import type { CatalogueView } from './state.ts';

/** One version of one function. */
export interface VersionName {
  readonly name: FunctionName;
  readonly version: VersionNumber;
}

/**
 * Returns the versions that gc drops when each function keeps its newest `keep`: all older ones except live, aliased,
 * provisioned and pinned ones, sorted by name and number. Pure.
 * @param only the versions that may be dropped; undefined for all
 */
// oxlint-disable-next-line max-params -- what is there, how much to keep, and the two exceptions
export function planGc(
  catalogue: CatalogueView,
  keep: number,
  isPinned: (name: FunctionName, version: VersionNumber) => boolean = () => false,
  only?: readonly VersionName[],
): VersionName[] {
  const dropped: VersionName[] = [];
  for (const name of [...catalogue.names()].toSorted()) {
    // Skips parsing the record when there is nothing to drop.
    if ((catalogue.outline(name)?.versions ?? 0) <= keep) continue;
    const record = catalogue.record(name);
    if (record === undefined) continue;
    const aliased = aliasedVersions(record);
    const numbers = Object.values(record.versions)
      .map((v) => v.version)
      .toSorted((a, b) => a - b);
    for (const version of numbers.slice(0, Math.max(0, numbers.length - keep))) {
      if (
        version !== record.live &&
        !aliased.has(String(version)) &&
        !Object.hasOwn(record.provisioned ?? {}, version) &&
        !isPinned(name, version)
      )
        dropped.push({ name, version });
    }
  }
  return dropped.filter((version) => isAmong(version, only));
}

function isAmong({ name, version }: VersionName, only: readonly VersionName[] | undefined): boolean {
  return only === undefined || only.some((other) => other.name === name && other.version === version);
}

/** Returns the artifacts of all versions except `dropped` ones. Parses every record. Pure. */
export function referencedArtifacts(catalogue: CatalogueView, dropped: readonly VersionName[] = []): Set<Digest> {
  const gone = new Set(dropped.map(({ name, version }) => `${name}@${version}`));
  const used = new Set<Digest>();
  for (const name of catalogue.names()) {
    for (const { version, artifact, config, zip } of Object.values(catalogue.record(name)?.versions ?? {})) {
      if (gone.has(`${name}@${version}`)) continue;
      used.add(artifact);
      if (zip !== undefined) used.add(zip.artifact);
      if (config.layers !== null) used.add(config.layers.artifact);
    }
  }
  return used;
}
