import { LIMITS } from '../contract/index.ts';
import type { InvocationHooks, InvokeOutcome, StreamControl, StreamHead, StreamReceiver } from './session.ts';

/** The sandbox's end of a streamed answer. */
export interface StreamSource {
  /** The reader has taken this many bytes more, so that as many may follow. */
  taken(bytes: number): void;
  /** The sandbox should stop sending; it may ignore this. */
  cancel(): void;
}

/**
 * One streamed answer between the sandbox and its reader: passes pieces on, holds the sandbox back while the reader is
 * behind, and cuts the answer off at AWS's limit.
 */
export class StreamedAnswer implements StreamControl {
  readonly #source: StreamSource;
  readonly #receiver: StreamReceiver;
  #bytes = 0;
  /** Bytes that the reader was given while it is behind. */
  #untaken = 0;
  #isBehind = false;
  #isCancelled = false;

  constructor(hooks: Pick<InvocationHooks, 'streamed'>, head: StreamHead, source: StreamSource) {
    this.#source = source;
    this.#receiver = hooks.streamed(head, this);
  }

  /** Whether the reader is behind: it takes no further pieces for now. */
  get isBehind(): boolean {
    return this.#isBehind && !this.#isCancelled;
  }

  /** The next piece of the body. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    this.#untaken += bytes.length;
    if (this.#bytes > LIMITS.streamedBytes) this.cancel();
    if (!this.#isCancelled && !this.#receiver.piece(bytes)) this.#isBehind = true;
    if (!this.isBehind) this.#take();
  }

  resume(): void {
    this.#isBehind = false;
    this.#take();
  }

  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#source.cancel();
    this.#take();
  }

  /** The outcome of the invocation, given how it ended in the sandbox. */
  outcomeOf(ended: InvokeOutcome): InvokeOutcome {
    const isTooLarge = this.#bytes > LIMITS.streamedBytes && (ended.kind === 'result' || ended.kind === 'error');
    return isTooLarge ? { kind: 'too-large', bytes: this.#bytes } : ended;
  }

  #take(): void {
    const bytes = this.#untaken;
    this.#untaken = 0;
    if (bytes > 0) this.#source.taken(bytes);
  }
}
