import { urlFault } from '../source/references.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';
import { parseTable } from './table-name.ts';

/** An outbox table of PostgreSQL. */
export interface PostgresTrigger extends SourceConfig {
  readonly type: 'postgres';
  readonly url: string;
  readonly table?: string;
  readonly topic?: string;
  readonly create?: boolean;
  /** Seconds. */
  readonly pollInterval?: number;
}

/** Values of settings that an entry does not have. */
export const POSTGRES_DEFAULTS = { table: 'lam_outbox', pollInterval: 5 } as const;

/** Outbox tables of PostgreSQL. Events are lists of CloudEvents. */
export const postgres = sourceKind<PostgresTrigger>({
  type: 'postgres',
  noun: 'PostgreSQL outbox',
  schema: {
    description: 'Rows of an outbox table of PostgreSQL, as a list of CloudEvents.',
    properties: {
      url: {
        description:
          'Address of the database. `${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['postgres://app:${PG_PASSWORD}@localhost:5432/shop'],
      },
      table: {
        description: 'Outbox table, also with its schema. docs/triggers.md has its definition.',
        type: 'string',
        minLength: 1,
        default: POSTGRES_DEFAULTS.table,
        examples: ['shop.outbox'],
      },
      topic: {
        description: 'Only rows with this topic. Without it, all rows.',
        type: 'string',
        minLength: 1,
        examples: ['orders'],
      },
      create: {
        description: 'Whether a missing table is created. Otherwise it is an error.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      pollInterval: {
        description:
          'Longest time until rows are seen that no notification announced (seconds). Others are seen at once.',
        type: 'number',
        minimum: 0.1,
        maximum: 3600,
        default: POSTGRES_DEFAULTS.pollInterval,
        examples: [30],
      },
    },
    required: ['url'],
  },
  nameOf: ({ table = POSTGRES_DEFAULTS.table, topic }) => (topic === undefined ? table : `${table}/${topic}`),
  fault: ({ url, table = POSTGRES_DEFAULTS.table }) => {
    const fault = urlFault(url, ['postgres', 'postgresql']);
    if (fault !== undefined) return { key: 'url', fault: `has a faulty url: it ${fault}` };
    if (parseTable(table) === undefined)
      return {
        key: 'table',
        fault: `has a faulty table: it must be TABLE or SCHEMA.TABLE, of letters, digits and _, at most 40 each`,
      };
    return undefined;
  },
  load: async () => (await import('./run/run.ts')).postgresStarter,
});
