import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import { DEFAULT_TABLE, POSTGRES_TABLE, postgresFault } from './table.ts';

/** An outbox table of PostgreSQL that records are added to. */
export interface PostgresDestination extends DestinationConfig {
  readonly type: 'postgres';
  readonly url: string;
  readonly table?: string;
  readonly topic?: string;
  readonly create?: boolean;
}

/** Outbox tables of PostgreSQL. A record was received once its row is committed. */
export const postgresDestination: DestinationKind<PostgresDestination> = {
  type: 'postgres',
  schema: {
    description: 'An outbox table of PostgreSQL, as triggers of type `postgres` read it, to which a row is added.',
    properties: {
      ...POSTGRES_TABLE,
      topic: { description: 'Topic of the rows, by default none.', type: 'string', minLength: 1, examples: ['failed'] },
      create: {
        description: 'Whether a missing table is created. Otherwise it is a failure.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
    },
    required: ['url'],
  },
  labelOf: ({ table = DEFAULT_TABLE }) => `table '${table}' of PostgreSQL`,
  fault: postgresFault,
  load: async () => (await import('./run/insert.ts')).postgresOpener,
};
