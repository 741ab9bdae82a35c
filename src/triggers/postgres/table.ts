import type { KindFault, SettingSchema } from '../kind.ts';
import { urlFault } from '../source/references.ts';
import { parseTable } from './table-name.ts';

/** Outbox table of settings that name none. */
export const DEFAULT_TABLE = 'lam_outbox';

/** Schema of where an outbox table is. */
export const POSTGRES_TABLE = {
  url: {
    description: 'Address of the database. `${NAME}` stands for a variable of the function; passwords must be such.',
    type: 'string',
    minLength: 1,
    examples: ['postgres://app:${PG_PASSWORD}@localhost:5432/shop'],
  },
  table: {
    description: 'Outbox table, also with its schema. docs/triggers.md has its definition.',
    type: 'string',
    minLength: 1,
    default: DEFAULT_TABLE,
    examples: ['shop.outbox'],
  },
} as const satisfies Readonly<Record<string, SettingSchema>>;

/** Returns the first fault of where an outbox table is, or undefined. */
export function postgresFault({ url, table = DEFAULT_TABLE }: { url: string; table?: string }): KindFault | undefined {
  const fault = urlFault(url, ['postgres', 'postgresql']);
  if (fault !== undefined) return { key: 'url', fault: `has a faulty url: it ${fault}` };
  if (parseTable(table) !== undefined) return undefined;
  return {
    key: 'table',
    fault: 'has a faulty table: it must be TABLE or SCHEMA.TABLE, of letters, digits and _, at most 40 each',
  };
}
