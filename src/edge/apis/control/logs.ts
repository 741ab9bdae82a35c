import type { ServerResponse } from 'node:http';
import type { LogRecord } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { logQueryOf } from './requests.ts';

/** A follower that reads slower than this much, bytes, loses its connection rather than filling our memory. */
const FOLLOWER_BYTES = 64 * 1024 * 1024;

/** Streams records as NDJSON: what is kept, then, with `follow`, each new one as it comes. */
export async function streamLogs(
  { logs }: Operations,
  name: string,
  parameters: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const { query, follow } = logQueryOf(parameters);
  const held: LogRecord[] = [];
  let live = false;
  const write = (record: LogRecord): void => {
    response.write(`${JSON.stringify(record)}\n`);
    if (response.writableLength > FOLLOWER_BYTES) response.destroy();
  };
  // Started in the same turn as the query, so that between history and live records none is lost or doubled.
  const { lines: _lines, ...liveQuery } = query;
  const take = (record: LogRecord): void => (live ? write(record) : void held.push(record));
  const end = follow ? logs.follow(name, liveQuery, take, () => response.end()) : undefined;
  if (end !== undefined) response.once('close', end);
  const begin = (): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  };
  try {
    await logs.query(name, query, async (records) => {
      begin();
      // One write a batch; the next batch is read when this one went out.
      response.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      if (response.writableNeedDrain) await drained(response);
      if (response.destroyed) throw lamError('LAM_EDGE_CLIENT_GONE', {});
    });
  } catch (thrown) {
    end?.();
    throw thrown;
  }
  begin();
  for (const record of held) write(record);
  live = true;
  if (follow) response.flushHeaders();
  else response.end();
}

/** Resolves when the client took what was written, or left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
    if (response.destroyed) done();
  });
}
