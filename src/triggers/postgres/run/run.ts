import { isLamError, messageOf as wordsOf } from '../../../errors/index.ts';
import { cloudEventsShape } from '../../source/run/cloud-events-shape.ts';
import { addressOf } from '../../source/run/payload.ts';
import { sourceStarter, type SourceContext, type SourceErrorCode } from '../../source/run/source-starter.ts';
import type { PostgresTrigger } from '../postgres.ts';
import { clientOf, tableOf } from './client.ts';
import { COLUMNS } from './definition.ts';
import { Outbox } from './outbox.ts';
import { PostgresConnection } from './postgres-connection.ts';
import type { PostgresRow } from './postgres-row.ts';

const USUAL_PORT = 5432;

/** Runs triggers of type `postgres`. */
export const postgresStarter = sourceStarter<PostgresTrigger, PostgresRow>({
  source: 'PostgreSQL',
  at: ({ url }, value) => addressOf(value(url), USUAL_PORT),
  shape: cloudEventsShape((config, time) => ({
    source: `postgres://localhost:5432/sample/${tableOf(config.table).channel}`,
    type: 'sample',
    ...(config.topic === undefined ? {} : { subject: config.topic }),
    time,
  })),
  connect: connectTo,
});

async function connectTo(context: SourceContext<PostgresTrigger>): Promise<PostgresConnection> {
  const url = context.value(context.config.url);
  const client = clientOf(url, `lam ${context.host.functionName} ${context.host.name}`);
  let isReady = false;
  client.on('error', (error) => {
    if (isReady) context.lost(error);
  });
  client.on('end', () => {
    if (isReady) context.lost('it was closed');
  });
  try {
    await client.connect();
    const table = tableOf(context.config.table);
    const outbox = new Outbox(client, table, context.config.topic);
    const absence = await outbox.absence(COLUMNS, context.config.create === true);
    if (absence !== undefined) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', absence);
    isReady = true;
    const place = `${addressOf(url, USUAL_PORT)}/${encodeURIComponent(client.database ?? '')}`;
    return new PostgresConnection({ client, outbox, context, source: `postgres://${place}/${table.channel}` });
  } catch (error) {
    void client.end().catch(() => undefined);
    if (isLamError(error)) throw error;
    throw context.error(codeOf(error), whatOf(error));
  }
}

/** SQLSTATEs: wrong password, no such role or no right to connect, no right to the table. */
const REFUSALS: readonly unknown[] = ['28P01', '28000', '42501'];
/** SQLSTATEs: no such database, no such schema. */
const ABSENCES: readonly unknown[] = ['3D000', '3F000'];

function codeOf(error: unknown): SourceErrorCode {
  const { code } = error as { readonly code?: unknown };
  if (REFUSALS.includes(code)) return 'LAM_TRIGGERS_SOURCE_DENIED';
  return ABSENCES.includes(code) ? 'LAM_TRIGGERS_SOURCE_MISSING' : 'LAM_TRIGGERS_SOURCE_UNREACHABLE';
}

/** The words of an error; for something that is absent, its name. */
function whatOf(error: unknown): unknown {
  const [, what] = /^((?:database|schema) "[^"]*") does not exist$/.exec(wordsOf(error)) ?? [];
  return what ?? error;
}
