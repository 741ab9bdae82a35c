import { Client } from 'pg';
import { isLamError, messageOf as wordsOf } from '../../../errors/index.ts';
import { cloudEventsShape } from '../../source/run/cloud-events-shape.ts';
import { addressOf } from '../../source/run/payload.ts';
import { sourceStarter, type SourceContext, type SourceErrorCode } from '../../source/run/source-starter.ts';
import { POSTGRES_DEFAULTS, type PostgresTrigger } from '../postgres.ts';
import { parseTable, type TableName } from '../table-name.ts';
import { Outbox } from './outbox.ts';
import { PostgresConnection } from './postgres-connection.ts';
import type { PostgresRow } from './postgres-row.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** Longest time until an answer (ms): a server that does not answer is lost. */
const ANSWER_MS = 20_000;
const USUAL_PORT = 5432;

/** Runs triggers of type `postgres`. */
export const postgresStarter = sourceStarter<PostgresTrigger, PostgresRow>({
  source: 'PostgreSQL',
  at: ({ url }, value) => addressOf(value(url), USUAL_PORT),
  shape: cloudEventsShape((config, time) => ({
    source: `postgres://localhost:5432/sample/${tableOf(config).channel}`,
    type: 'sample',
    ...(config.topic === undefined ? {} : { subject: config.topic }),
    time,
  })),
  connect: connectTo,
});

async function connectTo(context: SourceContext<PostgresTrigger>): Promise<PostgresConnection> {
  const url = context.value(context.config.url);
  const client = new Client({
    connectionString: url,
    application_name: `lam ${context.host.functionName} ${context.host.name}`,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
  let isReady = false;
  // An error without a listener would end the daemon.
  client.on('error', (error) => {
    if (isReady) context.lost(error);
  });
  client.on('end', () => {
    if (isReady) context.lost('it was closed');
  });
  try {
    await client.connect();
    const table = tableOf(context.config);
    const outbox = new Outbox(client, table, context.config.topic);
    await prepare(outbox, context);
    isReady = true;
    const place = `${addressOf(url, USUAL_PORT)}/${encodeURIComponent(client.database ?? '')}`;
    return new PostgresConnection({ client, outbox, context, source: `postgres://${place}/${table.channel}` });
  } catch (error) {
    void client.end().catch(() => undefined);
    if (isLamError(error)) throw error;
    throw context.error(codeOf(error), whatOf(error));
  }
}

/** Checks that the table exists, or creates it where the trigger says so. Throws `LAM_TRIGGERS_SOURCE_MISSING`. */
async function prepare(outbox: Outbox, context: SourceContext<PostgresTrigger>): Promise<void> {
  const { channel } = tableOf(context.config);
  let missing = await outbox.missingColumns();
  if (missing === undefined && context.config.create === true) {
    await outbox.create();
    missing = await outbox.missingColumns();
  }
  if (missing === undefined) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `table '${channel}'`);
  if (missing.length === 0) return;
  const columns = missing.map((column) => `'${column}'`).join(', ');
  throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `columns ${columns} in table '${channel}'`);
}

function tableOf({ table = POSTGRES_DEFAULTS.table }: PostgresTrigger): TableName {
  return parseTable(table) ?? { quoted: `"${table}"`, bare: table, prefix: '', channel: table };
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
