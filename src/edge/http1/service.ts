import type { Socket } from 'node:net';
import type { Reply } from '../reply.ts';
import type { Head } from './head.ts';

/** Answers a request that is not let in. Must not throw. */
export type Refusal = (reply: Reply) => void;

/** Answers requests that have one and the same head. */
export interface Handler {
  /** Whether the head would still be given to this handler. Asked before each request after the first. */
  isCurrent(): boolean;
  /** Asked once for each request, before its body is complete; undefined lets it in. The body of a refused one is skipped. */
  refusal(): Refusal | undefined;
  /** May keep `body`. Must not throw. */
  serve(body: Uint8Array, reply: Reply): void;
}

/** Finds who answers requests without `node:http`. */
export interface Service {
  /**
   * The handler of requests with this head on this connection, or undefined to leave them to `node:http`. It is kept and used
   * again for as long as the client sends the same head and the handler is current.
   */
  handlerFor(head: Head, socket: Socket): Handler | undefined;
}
