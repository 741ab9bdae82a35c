import type { ListedRoute } from '../services/routes.ts';
import { safe, table } from './table.ts';

/** The table of `lam route list`; `name` is the function that was asked for, undefined for all. */
export function renderRoutes(rows: readonly ListedRoute[], name: string | undefined, limit?: number): string {
  if (rows.length === 0) {
    const what = name === undefined ? 'no function has routes' : `'${name}' has no routes`;
    return `${what}; add one: lam route add 'GET /hello' ${name ?? 'FUNCTION'}`;
  }
  return table(
    rows,
    [
      { heading: 'ROUTE', cell: (row) => safe(row.route), least: 24 },
      { heading: 'FUNCTION', cell: (row) => row.function, least: 12 },
      { heading: 'FROM', cell: (row) => row.from, drop: 2 },
      { heading: 'OPTIONS', cell: (row) => safe(optionsText(row.options)), least: 8, drop: 1 },
    ],
    limit,
  );
}

/** Names of what is set, of maps with a type that as well; `cors=true` would say no more. */
function optionsText(options: ListedRoute['options']): string {
  return Object.entries(options)
    .filter(([, value]) => value !== false)
    .map(([key, value]) => {
      const text = typeof value === 'string' ? value : (value as { readonly type?: unknown } | null)?.type;
      return typeof text === 'string' ? `${key}=${text}` : key;
    })
    .join(', ');
}
