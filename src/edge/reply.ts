import { isLamError, type LamError } from '../errors/index.ts';
import type { HeaderPairs } from './headers.ts';

/**
 * Where the answer to one request goes: whole with `send`, or in pieces with `start`, `write` and `end`. The reader
 * adds `Date`, `Connection` and the framing of the body. Answers of pipelined requests keep their order: one behind
 * others waits in memory. An answer with invalid headers is replaced by an empty one with status 500.
 */
export interface Reply {
  /**
   * Cancels `work` when the client disconnects before the answer is complete; at once if it has disconnected already.
   */
  cancelWhenGone(work: { cancel(): void }): void;
  /** Answers in one write. Adds `Content-Length`; leaves the body out where method or status forbid one. */
  send(status: number, headers: HeaderPairs, body: Uint8Array): void;
  /**
   * Sends the head of a streamed answer. With `Content-Length` among `headers`, exactly that many bytes must follow, or
   * the connection is closed; without, the body is chunked, or for HTTP/1.0 ends with the connection.
   * @param goOn called when the client has taken the data, after `write` returned false
   */
  start(status: number, headers: HeaderPairs, goOn?: () => void): void;
  /** Sends a piece. Returns false when the writer should pause until `goOn` is called. */
  write(chunk: Uint8Array): boolean;
  /** Ends a streamed answer. */
  end(): void;
  /** Bytes written that the client has not taken yet. */
  readonly waitingBytes: number;
  /** Closes the connection without completing the answer. */
  abandon(): void;
}

/** Sends a JSON answer. */
export function sendJson(reply: Reply, status: number, body: unknown, headers: HeaderPairs = []): void {
  reply.send(status, ['content-type', 'application/json', ...headers], Buffer.from(JSON.stringify(body)));
}

/** Returns the header `Retry-After` if a retry may succeed, else none. */
export function retryAfter(error: LamError): HeaderPairs {
  return error.kind === 'resource_exhausted' || error.kind === 'unavailable' ? ['retry-after', '1'] : [];
}

/** Whether the error means that the client disconnected, so that no answer can be sent. */
export function isGone(thrown: unknown): boolean {
  return isLamError(thrown) && (thrown.code === 'LAM_EDGE_CLIENT_GONE' || thrown.code === 'LAM_POOL_CANCELLED');
}
