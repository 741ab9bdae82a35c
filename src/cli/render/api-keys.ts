import type { ListedApiKey } from '../../contract/index.ts';
import { formatAge, formatUntil } from './format.ts';
import { safe, table } from './table.ts';

/** Table of `lam key list`. */
export function renderApiKeys(keys: readonly ListedApiKey[], now: number, limit?: number): string {
  return table(
    keys,
    [
      { heading: 'KEY', cell: (key) => safe(key.name), least: 16 },
      { heading: 'BEGINS', cell: (key) => safe(`${key.prefix}...`), drop: 2 },
      { heading: 'ROLE', cell: ({ role }) => role ?? '-', drop: 5 },
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
export function quotaText({ quota, used }: Pick<ListedApiKey, 'quota' | 'used'>): string {
  if (quota === null) return 'no quota';
  return `${quota} request${quota === 1 ? '' : 's'} a day, ${used} used today`;
}
