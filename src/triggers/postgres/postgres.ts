import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';
import { DEFAULT_TABLE, POSTGRES_TABLE, postgresFault } from './table.ts';

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
export const POSTGRES_DEFAULTS = { table: DEFAULT_TABLE, pollInterval: 5 } as const;

/** Outbox tables of PostgreSQL. Events are lists of CloudEvents. */
export const postgres = sourceKind<PostgresTrigger>({
  type: 'postgres',
  noun: 'PostgreSQL outbox',
  schema: {
    description: 'Rows of an outbox table of PostgreSQL, as a list of CloudEvents.',
    properties: {
      ...POSTGRES_TABLE,
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
  fault: postgresFault,
  load: async () => (await import('./run/run.ts')).postgresStarter,
});
