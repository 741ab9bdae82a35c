import { createServer, type Server, type Socket } from 'node:net';
import { lamError, messageOf } from '../../../errors/index.ts';
import { MOST_CALL_CONNECTIONS } from '../../../executor/index.ts';
import type { CallDoor } from '../../sandbox.ts';

/** The socket by which the code in one container calls other functions. */
export class CallSocket {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(accept: CallDoor['accept']) {
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      accept(socket);
    });
    this.#server.maxConnections = MOST_CALL_CONNECTIONS;
  }

  /** Rejects with `LAM_EXECUTOR_LISTEN_FAILED`. */
  static async listen(path: string, accept: CallDoor['accept']): Promise<CallSocket> {
    const made = new CallSocket(accept);
    const server = made.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(lamError('LAM_EXECUTOR_LISTEN_FAILED', { path, reason: messageOf(error) }, error)),
      );
      // The sandbox has another user, so the socket is open to all; its folder controls access.
      server.listen({ path, readableAll: true, writableAll: true }, resolve);
    });
    // A connection that cannot be accepted is the caller's loss alone.
    server.on('error', () => undefined);
    return made;
  }

  /** Closes the socket and all connections, which cancels calls that have not begun. Idempotent. */
  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }
}
