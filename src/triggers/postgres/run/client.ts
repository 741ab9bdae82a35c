import { Client } from 'pg';
import type { Clock } from '../../../kit/index.ts';
import { parseTable, type TableName } from '../table-name.ts';
import { DEFAULT_TABLE } from '../table.ts';

/** Longest time to connect (ms). */
const CONNECT_MS = 10_000;
/** Longest time until an answer (ms): a server that does not answer is lost. */
const ANSWER_MS = 20_000;
/** Longest time to return rows, and to say goodbye (ms). */
const CLOSE_MS = 10_000;

/** Makes a client that is not connected yet, and connects once only. `name` is shown by the server. */
export function clientOf(url: string, name: string): Client {
  const client = new Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
  // An error without a listener would end the daemon.
  client.on('error', () => undefined);
  return client;
}

/** Returns the table of a setting that has been checked. */
export function tableOf(setting = DEFAULT_TABLE): TableName {
  return parseTable(setting) ?? { quoted: `"${setting}"`, bare: setting, prefix: '', channel: setting };
}

/** Waits for a promise, but not long: a server that does not answer must not hold up the daemon's stop. */
export async function soon(work: Promise<void>, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(CLOSE_MS, resolve);
  await Promise.race([work, promise]).finally(cancel);
}
