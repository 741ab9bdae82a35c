import type { OwnUrlCors } from '../contract/index.ts';
import type { FunctionRecord, OutlineFact } from '../store/index.ts';

/** CORS of functions' own URLs by qualifier, the empty one for none, of functions that have any. */
export const OWN_URLS: OutlineFact<Readonly<Record<string, OwnUrlCors>>> = {
  name: 'ownUrls',
  derive: (_config, { ownUrls, aliases }) => {
    const there = Object.entries(ownUrls ?? {}).filter(
      ([qualifier]) => qualifier === '' || Object.hasOwn(aliases, qualifier),
    );
    return there.length === 0 ? undefined : Object.fromEntries(there);
  },
};

/** Sets which pages may call a function at its own URL; undefined for none of other origins. */
export function setOwnUrl(record: FunctionRecord, qualifier: string, cors: OwnUrlCors | undefined): void {
  const { [qualifier]: _before, ...others } = record.ownUrls ?? {};
  const all = cors === undefined ? others : { ...others, [qualifier]: cors };
  if (Object.keys(all).length > 0) record.ownUrls = all;
  else delete record.ownUrls;
}
