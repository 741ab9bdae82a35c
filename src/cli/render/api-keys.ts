import type { ApiKeyDetail, KeyRights, ListedApiKey } from '../../contract/index.ts';
import { formatAge, formatUntil } from './format.ts';
import { safe, table } from './table.ts';

/** Table of `lam key list`. */
export function renderApiKeys(keys: readonly ListedApiKey[], now: number, limit?: number): string {
  return table(
    keys,
    [
      { heading: 'KEY', cell: (key) => safe(key.name), least: 16 },
      { heading: 'BEGINS', cell: (key) => safe(`${key.prefix}...`), drop: 2 },
      { heading: 'SCOPES', cell: ({ scopes }) => (scopes.length === 0 ? '-' : scopes.join(',')) },
      {
        heading: 'FUNCTIONS',
        cell: ({ scopes, functions }) => {
          if (functions.length > 0) return functions.join(',');
          return scopes.length === 0 ? '-' : '*';
        },
        least: 10,
      },
      { heading: 'ACCESS KEY ID', cell: ({ accessKeyId }) => accessKeyId ?? '-', drop: 5 },
      { heading: 'CREATED', cell: (key) => formatAge(key.createdAt, now), drop: 1 },
      { heading: 'BY', cell: (key) => safe(key.by), drop: 3 },
      {
        heading: 'EXPIRES',
        cell: ({ expiresAt }) =>
          expiresAt === null ? 'never' : expiresAt <= now ? 'expired' : formatUntil(expiresAt, now),
      },
      { heading: 'USED TODAY', cell: ({ used, quota }) => (quota === null ? '-' : `${used}/${quota}`) },
      { heading: 'RESETS', cell: ({ resetsAt }) => (resetsAt === null ? '-' : formatUntil(resetsAt, now)), drop: 4 },
    ],
    limit,
  );
}

/** A key's quota in words: `1000 requests a day, 12 used today`. */
function quotaText({ quota, used }: Pick<ListedApiKey, 'quota' | 'used'>): string {
  if (quota === null) return 'no quota';
  return `${quota} request${quota === 1 ? '' : 's'} a day, ${used} used today`;
}

/** What a key allows, in words: `invoke, read of orders-*`. */
export function rightsText({ scopes, functions }: KeyRights): string {
  if (scopes.length === 0) return 'for routes with auth: api-key';
  return `${scopes.join(', ')}${functions.length === 0 ? '' : ` of ${functions.join(', ')}`}`;
}

/** What a key is now, in words. */
export function keyText(key: ListedApiKey, now: number): string {
  const rights = key.scopes.length === 0 ? quotaText(key) : rightsText(key);
  return `${rights}${endText(key, now)}`;
}

function endText({ expiresAt }: Pick<ApiKeyDetail, 'expiresAt'>, now: number): string {
  return expiresAt === null ? '' : `, ends ${formatUntil(expiresAt, now)}`;
}
