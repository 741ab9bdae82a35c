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
  /** Closes the connection at once, without completing the answer. */
  abandon(): void;
  /** Closes the connection without completing the answer, once what was written before it is sent. */
  breakOff(): void;
}
