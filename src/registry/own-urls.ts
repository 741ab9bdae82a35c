import type { OwnUrlAuth, OwnUrlCors, OwnUrlSettings } from '../contract/index.ts';
import { ownMember } from '../kit/index.ts';
import type { FunctionRecord, OutlineFact } from '../store/index.ts';

type ByQualifier<T> = Readonly<Record<string, T>>;

/** CORS of functions' own URLs by qualifier, the empty one for none, of functions that have any. */
export const OWN_URLS: OutlineFact<ByQualifier<OwnUrlCors>> = {
  name: 'ownUrls',
  derive: (_config, { ownUrls, aliases }) => ofExisting(ownUrls, aliases),
};

/** Who may call functions at their own URLs, by qualifier, of functions where one of these wants signatures. */
export const OWN_URL_AUTH: OutlineFact<ByQualifier<OwnUrlAuth>> = {
  name: 'ownUrlAuth',
  derive(_config, { ownUrlAuth, aliases }) {
    const all = ofExisting(ownUrlAuth, aliases);
    return Object.values(all ?? {}).includes('aws-iam') ? all : undefined;
  },
};

/** Without those of aliases that do not exist; undefined if nothing is left. */
function ofExisting<T>(all: ByQualifier<T> | undefined, aliases: ByQualifier<unknown>): ByQualifier<T> | undefined {
  const there = Object.entries(all ?? {}).filter(
    ([qualifier]) => qualifier === '' || Object.hasOwn(aliases, qualifier),
  );
  return there.length === 0 ? undefined : Object.fromEntries(there);
}

/**
 * Who may call a function at one of its own URLs. Where one of them wants signatures, all do that were not opened, because
 * versions and aliases that lead to the same code would be ways around it. Pure. @param all of the function, by qualifier
 */
export function ownUrlAuthAt(all: ByQualifier<OwnUrlAuth> | undefined, qualifier: string): OwnUrlAuth {
  return all === undefined ? 'none' : (ownMember(all, qualifier) ?? 'aws-iam');
}

/** Sets who may call a function at its own URL, and which pages; what is absent is as if it was never set. */
export function setOwnUrl(record: FunctionRecord, qualifier: string, { cors, auth }: OwnUrlSettings): void {
  const allCors = withMember(record.ownUrls, qualifier, cors);
  if (allCors === undefined) delete record.ownUrls;
  else record.ownUrls = allCors;
  const allAuth = withMember(record.ownUrlAuth, qualifier, auth);
  if (allAuth === undefined) delete record.ownUrlAuth;
  else record.ownUrlAuth = allAuth;
}

/** A record with another value of a key, or without it; undefined if nothing is left. */
function withMember<T>(
  record: ByQualifier<T> | undefined,
  key: string,
  value: T | undefined,
): Record<string, T> | undefined {
  const { [key]: _before, ...others } = record ?? {};
  const all = value === undefined ? others : { ...others, [key]: value };
  return Object.keys(all).length > 0 ? all : undefined;
}
