import { Writable } from 'node:stream';
import { FRAME, PLAIN_STREAM, STREAM_PIECE_BYTES, STREAM_WINDOW_BYTES } from '../../executor/frames.ts';
import { RuntimeError } from './error-document.ts';

type Done = (error?: Error | null) => void;

/** Sends one frame of the invocation. */
export type SendPart = (type: number, meta: string, body?: Uint8Array) => void;

/**
 * The `responseStream` of AWS's Node runtime. Sends what is written as frames, as far as the daemon's credit goes; the
 * rest waits, and `write` returns false meanwhile. Once nobody reads, it is destroyed, and further writes are discarded.
 */
export class ResponseStream extends Writable {
  /** Set by `HttpResponseStream.from`: called with a function that writes ahead of the first piece. */
  _onBeforeFirstWrite: ((write: (piece: string | Uint8Array) => void) => void) | undefined;
  /** Called when it begins or ends to wait for credit. */
  onHeld: (() => void) | undefined;
  readonly #sendPart: SendPart;
  #contentType = PLAIN_STREAM;
  #isWritten = false;
  #hasBegun = false;
  #credit = STREAM_WINDOW_BYTES;
  /** What waits for credit, and what to call when it is sent. */
  #rest: Uint8Array | undefined;
  #done: Done | undefined;
  #isDiscarded = false;

  constructor(sendPart: SendPart, highWaterMark: number | undefined) {
    super(highWaterMark === undefined ? {} : { highWaterMark });
    this.#sendPart = sendPart;
    // The invocation reports the error; without a listener it would end the process.
    this.on('error', () => undefined);
  }

  /** Whether it waits for credit. */
  get isHeld(): boolean {
    return this.#done !== undefined;
  }

  /** Whether nobody reads it any more. */
  get isDiscarded(): boolean {
    return this.#isDiscarded;
  }

  /** As on AWS: sets the content type of the answer; throws once something is written. */
  setContentType(contentType: string): void {
    if (this.#isWritten) throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
    this.#contentType = String(contentType);
  }

  /** As on AWS, what is neither text nor bytes is written as JSON. */
  override write(chunk: unknown, encoding?: BufferEncoding | Done, done?: Done): boolean {
    this.#isWritten = true;
    if (this.#isDiscarded) {
      const callback = typeof encoding === 'function' ? encoding : done;
      if (callback !== undefined) process.nextTick(callback);
      return true;
    }
    const isPlain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(isPlain ? chunk : JSON.stringify(chunk), encoding as BufferEncoding, done);
  }

  override end(chunk?: unknown, encoding?: BufferEncoding | Done, done?: Done): this {
    if (typeof chunk === 'function') return super.end(chunk as Done);
    if (chunk !== undefined && chunk !== null) this.write(chunk, typeof encoding === 'function' ? undefined : encoding);
    return super.end(typeof encoding === 'function' ? encoding : done);
  }

  /** The daemon takes this many bytes more. */
  credit(bytes: number): void {
    this.#credit += bytes;
    this.#goOn();
  }

  /** Nobody reads any more. */
  discard(): void {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    const isAwaited = this.writableNeedDrain;
    this.#rest = undefined;
    this.#done = undefined;
    this.destroy();
    // Whoever waits until it may write on would wait for ever.
    if (isAwaited) this.emit('drain');
    this.onHeld?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#rest = this.#hasBegun ? chunk : Buffer.concat([this.#begin(), chunk]);
    this.#done = done;
    this.#goOn();
  }

  override _final(done: Done): void {
    if (this.#hasBegun) {
      done();
      return;
    }
    this.#rest = this.#begin();
    this.#done = done;
    this.#goOn();
  }

  /** Sends the head; returns what comes before the first piece. */
  #begin(): Uint8Array {
    this.#hasBegun = true;
    this.#sendPart(FRAME.stream, JSON.stringify({ contentType: this.#contentType }));
    const before: Uint8Array[] = [];
    this._onBeforeFirstWrite?.((piece) => before.push(typeof piece === 'string' ? Buffer.from(piece) : piece));
    return Buffer.concat(before);
  }

  #goOn(): void {
    const done = this.#done;
    if (done === undefined || this.#rest === undefined) return;
    let rest = this.#rest;
    while (rest.length > 0 && this.#credit > 0) {
      const piece = rest.subarray(0, Math.min(this.#credit, STREAM_PIECE_BYTES));
      this.#sendPart(FRAME.chunk, '', piece);
      this.#credit -= piece.length;
      rest = rest.subarray(piece.length);
    }
    this.#rest = rest;
    if (rest.length === 0) {
      this.#rest = this.#done = undefined;
      done();
    }
    this.onHeld?.();
  }
}
