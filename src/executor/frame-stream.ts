import { PLAIN_STREAM } from '../contract/index.ts';
import { readMember } from './frame-meta.ts';
import { FRAME, STREAM_PIECE_BYTES, STREAM_WINDOW_BYTES } from './frames.ts';
import type { InvocationHooks, InvokeOutcome } from './session.ts';
import { StreamedAnswer, type StreamSource } from './streamed-answer.ts';

/** A streamed answer of a frame session: the sandbox may be {@link STREAM_WINDOW_BYTES} ahead of the credit it has. */
export class FrameStream implements StreamSource {
  readonly #send: (type: number, meta: string) => void;
  readonly #answer: StreamedAnswer;
  /** Bytes received and not credited: with the reader, or taken by it and too few for a frame of their own. */
  #uncredited = 0;
  #taken = 0;

  /** `meta`: of the STREAM frame. */
  constructor(hooks: InvocationHooks, meta: Buffer, send: (type: number, meta: string) => void) {
    this.#send = send;
    const contentType = readMember(meta, 'contentType');
    this.#answer = new StreamedAnswer(
      hooks,
      { contentType: typeof contentType === 'string' ? contentType : PLAIN_STREAM },
      this,
    );
  }

  /** Takes a CHUNK; returns false when the sandbox had no credit for it. */
  push(bytes: Uint8Array): boolean {
    this.#uncredited += bytes.length;
    if (this.#uncredited > STREAM_WINDOW_BYTES) return false;
    this.#answer.push(bytes);
    return true;
  }

  outcomeOf(ended: InvokeOutcome): InvokeOutcome {
    return this.#answer.outcomeOf(ended);
  }

  /** @internal For its answer. */
  taken(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken < STREAM_PIECE_BYTES) return;
    this.#send(FRAME.credit, String(this.#taken));
    this.#uncredited -= this.#taken;
    this.#taken = 0;
  }

  /** @internal For its answer. */
  cancel(): void {
    this.#send(FRAME.cancel, '');
  }
}
