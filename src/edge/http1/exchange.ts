import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Connection } from './connection.ts';
import type { Reply } from './service.ts';

/** An answer whose turn has not come. */
interface Waiting {
  readonly head: string;
  readonly body: Uint8Array;
}

/** One request of a connection that is being answered. Pipelined ones form a list in the order they came. */
export class Exchange implements Reply {
  next: Exchange | undefined;
  answer: Waiting | undefined;
  readonly #connection: Connection;
  #isAnswered = false;
  #work: { cancel(): void } | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get socket(): Socket {
    return this.#connection.socket;
  }

  cancelWhenGone(work: { cancel(): void }): void {
    this.#work = work;
    if (this.#connection.socket.destroyed) work.cancel();
  }

  send(status: number, lines: string, body: Uint8Array): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#connection.answer(this, `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n${lines}`, body);
  }

  abandon(): void {
    this.#connection.socket.destroy();
  }

  /** Takes it out of the list, which so keeps nothing of it, and gives the one behind it. */
  unlink(): Exchange | undefined {
    const { next } = this;
    this.next = undefined;
    return next;
  }

  /** The client has gone. */
  left(): void {
    this.#work?.cancel();
  }
}
