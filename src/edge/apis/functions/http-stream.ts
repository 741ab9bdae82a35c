import { HTTP_STREAM, HTTP_STREAM_NULS } from '../../../contract/index.ts';
import { isHeaderValue, type HeaderPairs, type Reply } from '../../../http/index.ts';
import type { InvokeStream, StreamControl, StreamReceiver } from '../../../router/index.ts';
import type { MalformedAnswer } from '../../response-parts.ts';
import { streamHead, type HttpStreamHead } from './stream-head.ts';

/** What is wrong with a stream that ends before its head does. */
export const NO_HEAD: MalformedAnswer = {
  why: `with a stream whose head does not end: ${HTTP_STREAM_NULS} NUL bytes must follow it`,
};

/** Longest head within a stream (bytes; AWS). */
const HEAD_BYTES = 16 * 1024;
const DELIMITER = Buffer.alloc(HTTP_STREAM_NULS);

/**
 * A streamed answer on its way to an HTTP client. The status and the headers come first in the body where the content
 * type says so; otherwise the status is 200, and the content type that of the stream.
 */
export class HttpStream implements StreamReceiver {
  readonly #control: StreamControl;
  readonly #reply: Reply;
  readonly #own: HeaderPairs;
  /** Gathers the head in the body; undefined once there is none to come. */
  #gathered: Buffer | undefined;
  #fault: MalformedAnswer | undefined;
  #hasBegun = false;

  /** @param own headers that every answer has */
  // oxlint-disable-next-line max-params -- the stream, its two ends, and what its answer has besides
  constructor(stream: InvokeStream, control: StreamControl, reply: Reply, own: HeaderPairs) {
    this.#control = control;
    this.#reply = reply;
    this.#own = own;
    const { contentType } = stream;
    if (contentType.split(';')[0]?.trim().toLowerCase() === HTTP_STREAM) this.#gathered = Buffer.alloc(0);
    else if (isHeaderValue(contentType)) this.#begin({ status: 200, headers: ['content-type', contentType] });
    else this.#refuse({ why: 'with a content type that HTTP does not allow' });
  }

  /** Whether the client was sent the head: from then on only a broken connection can tell it of a failure. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** What is wrong with the head, once that is known. */
  get fault(): MalformedAnswer | undefined {
    return this.#fault;
  }

  piece(bytes: Uint8Array): boolean {
    if (this.#gathered === undefined) return this.#reply.write(bytes);
    const gathered = Buffer.concat([this.#gathered, bytes]);
    const end = gathered.indexOf(DELIMITER);
    if (end === -1) {
      this.#gathered = gathered;
      if (gathered.length > HEAD_BYTES) this.#refuse({ why: `with a stream whose head exceeds ${HEAD_BYTES} bytes` });
      return true;
    }
    this.#gathered = undefined;
    const head = streamHead(gathered.subarray(0, end));
    if ('why' in head) {
      this.#refuse(head);
      return true;
    }
    this.#begin(head);
    return this.#reply.write(gathered.subarray(end + HTTP_STREAM_NULS));
  }

  /** Ends the answer; visibly broken off if it is not whole. Only once it has begun. */
  finish(isWhole: boolean): void {
    if (isWhole) this.#reply.end();
    else this.#reply.breakOff();
  }

  #begin({ status, headers }: HttpStreamHead): void {
    this.#hasBegun = true;
    this.#reply.start(status, [...headers, ...this.#own], () => this.#control.resume());
  }

  #refuse(fault: MalformedAnswer): void {
    this.#fault = fault;
    this.#control.cancel();
  }
}
