import type { Socket } from 'node:net';
import type { Reply } from './reply.ts';
import type { Head } from './head.ts';

/** Answers a refused request. Must not throw. */
export type Refusal = (reply: Reply) => void;

/** Values by name in lower case. */
export type Trailers = Readonly<Record<string, string>>;

/** Answers requests that have the same head. */
export interface Handler {
  /** The client will not send this head again, so that it is not worth remembering; false if absent. */
  readonly isOnce?: boolean;
  /** Whether the head would still get this handler. Called before each request after the first. */
  isCurrent(): boolean;
  /**
   * Returns a refusal, or undefined to accept the request. Called once per request, before its body is complete unless
   * that comes in chunks. The body of a refused request is skipped.
   */
  refusal(): Refusal | undefined;
  /** May keep `body`. `trailers`: only after a body in chunks. Must not throw. */
  serve(body: Buffer, reply: Reply, trailers: Trailers | undefined): void;
}

/** Finds the handler of requests that need no `node:http`. */
export interface Service {
  /**
   * Longest body in chunks that is read without `node:http`, with its head and framing (bytes); 0 for none, which is
   * the default.
   */
  readonly mostChunkedBytes?: number;
  /**
   * Returns the handler of requests with this head on this connection, or undefined to leave them to `node:http`. The
   * handler is reused as long as the client sends the same head and the handler is current.
   */
  handlerFor(head: Head, socket: Socket): Handler | undefined;
}
