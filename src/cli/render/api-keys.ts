import type { ApiKeyDetail } from '../../contract/index.ts';
import { formatAge, formatUntil } from './format.ts';
import { safe, table } from './table.ts';

/** Table of `lam key list`. */
export function renderApiKeys(keys: readonly ApiKeyDetail[], now: number, limit?: number): string {
  return table(
    keys,
    [
      { heading: 'KEY', cell: (key) => safe(key.name), least: 16 },
      { heading: 'BEGINS', cell: (key) => safe(`${key.prefix}...`), drop: 2 },
      { heading: 'CREATED', cell: (key) => formatAge(key.createdAt, now), drop: 1 },
      { heading: 'BY', cell: (key) => safe(key.by), drop: 3 },
      {
        heading: 'EXPIRES',
        cell: ({ expiresAt }) =>
          expiresAt === null ? 'never' : expiresAt <= now ? 'expired' : formatUntil(expiresAt, now),
      },
    ],
    limit,
  );
}
