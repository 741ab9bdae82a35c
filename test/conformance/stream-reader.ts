import assert from 'node:assert/strict';
import type { InvokeOutcome, Session, StreamControl } from '../../src/executor/session.ts';
import { asRequestId, asTraceId } from '../support/ids.ts';

interface ReaderOptions {
  /** Takes nothing until `goOn`. */
  readonly isSlow?: boolean;
  readonly requestId?: string;
  /** Keeps no pieces, only their number of bytes. */
  readonly countsOnly?: boolean;
}

/** Reads the streamed answer to one invocation. */
export class StreamReader {
  readonly pieces: Uint8Array[] = [];
  /** Of the stream; undefined until it begins. */
  contentType: string | undefined;
  outcome: InvokeOutcome | undefined;
  readonly ended: Promise<InvokeOutcome>;
  bytes = 0;
  readonly #countsOnly: boolean;
  #isSlow: boolean;
  #control: StreamControl | undefined;
  #told = (): void => undefined;

  private constructor(
    session: Session,
    event: unknown,
    { isSlow = false, requestId = 'r', countsOnly = false }: ReaderOptions,
  ) {
    this.#countsOnly = countsOnly;
    this.#isSlow = isSlow;
    const context = {
      requestId: asRequestId(requestId),
      deadlineMs: Date.now() + 10_000,
      functionArn: 'arn',
      traceId: asTraceId('t'),
    };
    this.ended = new Promise((resolve) => {
      session.start(context, Buffer.from(JSON.stringify(event)), {
        started: () => undefined,
        streamed: ({ contentType }, control) => {
          assert.equal(this.contentType, undefined, 'a stream begins once');
          this.contentType = contentType;
          this.#control = control;
          return { piece: (bytes) => this.#take(bytes) };
        },
        settled: (outcome) => {
          this.outcome = outcome;
          resolve(outcome);
          this.#told();
        },
      });
    });
  }

  static read(session: Session, event: unknown, options: ReaderOptions = {}): StreamReader {
    return new StreamReader(session, event, options);
  }

  /** Everything read so far. */
  get whole(): string {
    return Buffer.concat(this.pieces).toString();
  }

  /** Resolves with what was read once that is at least `length` bytes. */
  async text(length: number): Promise<string> {
    while (this.bytes < length) {
      assert.equal(this.outcome, undefined, `it ended after ${this.bytes} bytes`);
      await new Promise<void>((resolve) => (this.#told = resolve));
    }
    return this.whole;
  }

  /** Resolves when nothing has come for a while although something should. */
  async stalled(): Promise<void> {
    await this.text(1);
    for (let seen = -1; seen !== this.bytes; await new Promise((resolve) => setTimeout(resolve, 100)))
      seen = this.bytes;
  }

  /** Takes everything from now on. */
  goOn(): void {
    this.#isSlow = false;
    this.#control?.resume();
  }

  /** Leaves. */
  cancel(): void {
    this.#control?.cancel();
  }

  /** Resolves after a whole answer. */
  async done(): Promise<this> {
    const ended = await this.ended;
    const said = 'payload' in ended ? Buffer.from(ended.payload).toString() : JSON.stringify(ended);
    assert.equal(ended.kind, 'result', said);
    return this;
  }

  #take(bytes: Uint8Array): boolean {
    assert.equal(this.outcome, undefined, 'no piece after the end');
    if (!this.#countsOnly) this.pieces.push(bytes);
    this.bytes += bytes.length;
    this.#told();
    return !this.#isSlow;
  }
}
