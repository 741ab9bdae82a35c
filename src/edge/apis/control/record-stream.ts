import { lamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';

/** A follower with more unsent bytes than this is disconnected, to bound the daemon's memory. */
const FOLLOWER_BYTES = 64 * 1024 * 1024;
const LINE_END = Buffer.from('\n');
const HEADERS = ['content-type', 'application/x-ndjson'];

/** Records on their way to one client, as NDJSON. */
export class RecordStream<T> {
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
  async write(records: readonly T[]): Promise<void> {
    this.begin();
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const mayGoOn = this.#reply.write(Buffer.from(text));
    if (!mayGoOn && !this.#isGone) await new Promise<void>((resolve) => (this.#taken = resolve));
    if (this.#isGone) throw lamError('LAM_EDGE_CLIENT_GONE', {});
  }

  mark(): void {
    this.#reply.write(LINE_END);
  }

  writeLive(record: T): void {
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
