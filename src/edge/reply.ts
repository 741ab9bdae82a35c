import { isLamError, type LamError } from '../errors/index.ts';
import type { HeaderPairs } from './headers.ts';

/**
 * Where the answer to one request goes: whole with `send`, or in pieces with `start`, `write` and `end`. The reader adds
 * `Date`, the framing of the body and what becomes of the connection. Answers of pipelined requests keep their order: one that
 * is not first in line waits in memory. Headers that HTTP forbids are replaced by an empty answer 500.
 */
export interface Reply {
  /** Cancels `work` when the client leaves before the answer is complete, at once when it has left already. */
  cancelWhenGone(work: { cancel(): void }): void;
  /** Answers in one write. Adds `Content-Length`; leaves the body out where method or status forbid one. */
  send(status: number, headers: HeaderPairs, body: Uint8Array): void;
  /**
   * Sends the head of an answer that comes in pieces. With `Content-Length` among `headers`, exactly that many bytes must
   * follow, or the connection is broken off; without, the body is chunked, or ends with the connection for HTTP/1.0.
   * @param goOn called each time the client has taken what made `write` return false
   */
  start(status: number, headers: HeaderPairs, goOn?: () => void): void;
  /** Sends a piece. Returns false when the writer should pause until `goOn` is called. */
  write(chunk: Uint8Array): boolean;
  /** Ends an answer that comes in pieces. */
  end(): void;
  /** Bytes written that the client has not taken yet. */
  readonly waitingBytes: number;
  /** Breaks the connection off instead of answering. */
  abandon(): void;
}

/** Answers JSON. */
export function sendJson(reply: Reply, status: number, body: unknown, headers: HeaderPairs = []): void {
  reply.send(status, ['content-type', 'application/json', ...headers], Buffer.from(JSON.stringify(body)));
}

/** The header `Retry-After` where trying again makes sense, else none. */
export function retryAfter(error: LamError): HeaderPairs {
  return error.kind === 'resource_exhausted' || error.kind === 'unavailable' ? ['retry-after', '1'] : [];
}

/** Whether the client merely left, so that there is no one to answer. */
export function isGone(thrown: unknown): boolean {
  return isLamError(thrown) && (thrown.code === 'LAM_EDGE_CLIENT_GONE' || thrown.code === 'LAM_POOL_CANCELLED');
}
