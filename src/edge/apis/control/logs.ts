import type { LogRecord, FunctionName } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { logQueryOf } from './requests.ts';

/** A follower with more unsent bytes than this is disconnected, to bound the daemon's memory. */
const FOLLOWER_BYTES = 64 * 1024 * 1024;
const LINE_END = Buffer.from('\n');
const HEADERS = ['content-type', 'application/x-ndjson'];

/**
 * Streams records as NDJSON: the stored ones, then with `follow` each new one as it is printed; with `mark` an empty
 * line in between.
 */
export async function streamLogs(
  { logs }: Operations,
  name: FunctionName,
  parameters: URLSearchParams,
  reply: Reply,
): Promise<void> {
  const { query, follow, mark } = logQueryOf(parameters);
  const out = new RecordStream(reply);
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

/** Records on their way to one client. */
class RecordStream {
  readonly #reply: Reply;
  #hasBegun = false;
  #isGone = false;
  /** Resolves the promise of a pending write once the client has taken it. */
  #taken: (() => void) | undefined;

  constructor(reply: Reply) {
    this.#reply = reply;
  }

  /** Sends the head unless it was sent already. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#reply.start(200, HEADERS, () => this.#taken?.());
  }

  /** Writes all records at once; resolves when further ones may follow. Rejects with `LAM_EDGE_CLIENT_GONE`. */
  async write(records: readonly LogRecord[]): Promise<void> {
    this.begin();
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const mayGoOn = this.#reply.write(Buffer.from(text));
    if (!mayGoOn && !this.#isGone) await new Promise<void>((resolve) => (this.#taken = resolve));
    if (this.#isGone) throw lamError('LAM_EDGE_CLIENT_GONE', {});
  }

  mark(): void {
    this.#reply.write(LINE_END);
  }

  writeLive(record: LogRecord): void {
    this.#reply.write(Buffer.from(`${JSON.stringify(record)}\n`));
    if (this.#reply.waitingBytes > FOLLOWER_BYTES) this.#reply.abandon();
  }

  end(): void {
    this.begin();
    this.#reply.end();
  }

  left(): void {
    this.#isGone = true;
    this.#taken?.();
  }
}
