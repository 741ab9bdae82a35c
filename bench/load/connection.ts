import { connect, type Socket } from 'node:net';
import { AnswerReader, type Answer } from './answer-reader.ts';

/** Target of a connection: a port or a Unix socket. */
export type Address = { readonly port: number; readonly host: string } | { readonly path: string };

/**
 * One kept-alive HTTP connection, one request at a time, on a bare socket: a small client cost, the same for all sides.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #reader = new AnswerReader();
  #settle: { readonly resolve: (answer: Answer) => void; readonly reject: (reason: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      const answer = this.#reader.push(chunk);
      if (answer === undefined) return;
      const settle = this.#settle;
      this.#settle = undefined;
      settle?.resolve(answer);
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection closed before an answer came')));
  }

  /** Rejects with the system's error if no server listens. */
  static open(address: Address): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...address });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Sends a whole request and resolves with its answer. Rejects if the connection breaks before. */
  exchange(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error('the connection is closed'));
        return;
      }
      this.#settle = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #fail(reason: Error): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(reason);
  }
}
