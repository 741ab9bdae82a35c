import { LIMITS } from '../contract/index.ts';
import type { InvokeOutcome, StreamControl, StreamReceiver } from '../executor/session.ts';

/** Gathers a streamed answer for a caller that reads only whole ones. */
export class GatheredStream implements StreamReceiver {
  readonly #control: StreamControl;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(control: StreamControl) {
    this.#control = control;
  }

  piece(bytes: Uint8Array): boolean {
    this.#bytes += bytes.length;
    if (this.#bytes <= LIMITS.payloadBytes) {
      this.#pieces.push(bytes);
    } else {
      this.#pieces = [];
      this.#control.cancel();
    }
    return true;
  }

  /** The outcome of the invocation with the whole answer, given how the stream ended. */
  outcomeOf<T extends InvokeOutcome>(ended: T): T | InvokeOutcomeOf<'result' | 'too-large'> {
    if (ended.kind !== 'result') return ended;
    if (this.#bytes > LIMITS.payloadBytes) return { kind: 'too-large', bytes: this.#bytes };
    return { ...ended, payload: Buffer.concat(this.#pieces, this.#bytes) };
  }
}

type InvokeOutcomeOf<Kind> = Extract<InvokeOutcome, { readonly kind: Kind }>;

/** The reader of a stream whose caller has left. */
export const NOBODY: StreamReceiver = { piece: () => true };
