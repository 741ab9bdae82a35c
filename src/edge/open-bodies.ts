import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Length of the bodies of unanswered requests together from which on the next one waits (bytes), as in `src/http`. */
const MOST_OPEN_BYTES = 1024 * 1024;

/** What a connection has sent that is not answered. */
interface Connection {
  /** Length of the bodies (bytes). */
  bytes: number;
  /** Begins to read the body that waits. */
  waiting: (() => void) | undefined;
}

/**
 * Lets bodies wait while earlier ones of their connection are large and unanswered. `node:http` reads the next request as
 * soon as a body is complete; while a body is not read, it reads no more than a part of that.
 */
export class OpenBodies {
  readonly #connections = new WeakMap<Socket, Connection>();

  /**
   * Calls `begin`, which reads the body of the request, at once or as soon as there is room. One waits at a time: when
   * another request follows, the body of the one before is small and in memory.
   */
  read(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const connection = this.#of(request.socket);
    goOn(connection);
    const start = (): void => {
      this.#count(connection, request, response);
      begin();
    };
    if (!hasBody(request)) begin();
    else if (connection.bytes < MOST_OPEN_BYTES) start();
    else connection.waiting = start;
  }

  #of(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection: Connection = { bytes: 0, waiting: undefined };
    this.#connections.set(socket, connection);
    // It then finds that the client is gone.
    socket.once('close', () => goOn(connection));
    return connection;
  }

  #count(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    let bytes = 0;
    let isAnswered = false;
    request.on('data', (chunk: Buffer) => {
      if (isAnswered) return;
      bytes += chunk.length;
      connection.bytes += chunk.length;
    });
    response.once('close', () => {
      isAnswered = true;
      connection.bytes -= bytes;
      if (connection.bytes < MOST_OPEN_BYTES) goOn(connection);
    });
  }
}

function goOn(connection: Connection): void {
  const begin = connection.waiting;
  connection.waiting = undefined;
  begin?.();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
