import type { Socket } from 'node:net';
import type { Reply } from '../reply.ts';
import type { Head } from './head.ts';

/** Answers a refused request. Must not throw. */
export type Refusal = (reply: Reply) => void;

/** Answers requests that have the same head. */
export interface Handler {
  /** Whether the head would still get this handler. Called before each request after the first. */
  isCurrent(): boolean;
  /**
   * Returns a refusal, or undefined to accept the request. Called once per request, before its body is complete. The
   * body of a refused request is skipped.
   */
  refusal(): Refusal | undefined;
  /** May keep `body`. Must not throw. */
  serve(body: Uint8Array, reply: Reply): void;
}

/** Finds the handler of requests that need no `node:http`. */
export interface Service {
  /**
   * Returns the handler of requests with this head on this connection, or undefined to leave them to `node:http`. The
   * handler is reused as long as the client sends the same head and the handler is current.
   */
  handlerFor(head: Head, socket: Socket): Handler | undefined;
}
