import { knownVersion, parseVersionNumber, type ProvisionedQualifier, type VersionNumber } from '../contract/index.ts';
import { ownMember } from '../kit/index.ts';
import type { FunctionRecord, OutlineFact } from '../store/index.ts';

/** How many sandboxes of each version are kept warm because a qualifier leads to it, of functions that have any. */
export const PROVISIONED_VERSIONS: OutlineFact<ReadonlyMap<VersionNumber, number>> = {
  name: 'provisionedVersions',
  derive: (_config, record) => {
    const counts = new Map<VersionNumber, number>();
    for (const [qualifier, { count }] of Object.entries(record.provisioned ?? {})) {
      const version = versionOf(record, qualifier);
      if (version !== undefined) counts.set(version, Math.max(count, counts.get(version) ?? 0));
    }
    return counts.size === 0 ? undefined : counts;
  },
};

/** Sets how many sandboxes of the version that a qualifier leads to are kept warm; undefined for none. */
export function setProvisioned(
  record: FunctionRecord,
  qualifier: string,
  provisioned: ProvisionedQualifier | undefined,
): void {
  const { [qualifier]: _before, ...others } = record.provisioned ?? {};
  const all = provisioned === undefined ? others : { ...others, [qualifier]: provisioned };
  if (Object.keys(all).length > 0) record.provisioned = all;
  else delete record.provisioned;
}

/** The version that a qualifier leads to; undefined for one that is gone. */
function versionOf({ versions, aliases }: FunctionRecord, qualifier: string): VersionNumber | undefined {
  if (Object.hasOwn(versions, qualifier)) return parseVersionNumber(qualifier);
  const target = ownMember(aliases, qualifier);
  return target === undefined ? undefined : knownVersion(target);
}
