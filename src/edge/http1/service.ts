import type { Socket } from 'node:net';
import type { Head } from './head.ts';

/** Where one answer goes. */
export interface Reply {
  readonly socket: Socket;
  /** Cancels what works for an answer when the client leaves before it has one, at once when it left already. */
  cancelWhenGone(work: { cancel(): void }): void;
  /**
   * Answers; to be called once. `lines`: whole header lines, each with its line break, the length of the body among them unless
   * the status allows none. The server adds what is its own business: `Date`, and how the connection goes on.
   */
  send(status: number, lines: string, body: Uint8Array): void;
  /** Breaks the connection off instead of answering. */
  abandon(): void;
}

/** Answers requests that have one and the same head. */
export interface Handler {
  /** May keep `body`. Must not throw. */
  serve(body: Uint8Array, reply: Reply): void;
}

/** What is served without `node:http`. */
export interface Service {
  /**
   * Whoever answers requests with this head, or undefined to leave them to `node:http`. It is kept and used again for as long
   * as a client sends the same head, so it may depend on nothing else.
   */
  handlerFor(head: Head): Handler | undefined;
}
