import type { LogRecord, FunctionName } from '../../../contract/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { RecordStream } from './record-stream.ts';
import type { QueryValues } from './parameters.ts';

/**
 * Streams records as NDJSON: the stored ones, then with `follow` each new one as it is printed; with `mark` an empty
 * line in between.
 */
export async function streamLogs(
  { logs }: Operations,
  name: FunctionName,
  { follow = false, mark = false, ...query }: QueryValues,
  reply: Reply,
): Promise<void> {
  const out = new RecordStream<LogRecord>(reply);
  const held: LogRecord[] = [];
  let isLive = false;
  // Started in the same turn as the query, so that no record between history and live ones is lost or sent twice.
  const { lines: _lines, ...liveQuery } = query;
  const take = (record: LogRecord): void => (isLive ? out.writeLive(record) : void held.push(record));
  const ended = (): void => {
    stop?.();
    out.end();
  };
  const stop = follow ? logs.follow(name, liveQuery, take, ended) : undefined;
  reply.cancelWhenGone({
    cancel() {
      stop?.();
      out.left();
    },
  });
  try {
    await logs.query(name, query, (records) => out.write(records));
  } catch (thrown) {
    stop?.();
    throw thrown;
  }
  out.begin();
  if (follow && mark) out.mark();
  for (const record of held) out.writeLive(record);
  isLive = true;
  if (!follow) out.end();
}
