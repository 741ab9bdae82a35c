import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';

/** Both ends of a TCP connection over IPv4, as the side sees them that accepted it. */
export interface TcpConnection {
  readonly local: { readonly address: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
}

/** Decides whether a connection may speak to a Runtime API. Must not reject. */
export type ConnectionAdmission = (connection: TcpConnection) => Promise<boolean>;

/** Connections that may wait for their admission, which takes milliseconds; further ones are closed. */
const MOST_WAITING = 2048;

/** Connections of one HTTP server, no more than a limit at a time; the optional admission is asked about each. */
export class Gate {
  /** Maximum of admitted connections; further ones are closed. */
  most = Infinity;
  /** What is to listen. */
  readonly server: Server;
  readonly #http: HttpServer;
  readonly #waiting = new Set<Socket>();
  readonly #admitted = new Set<Socket>();

  constructor(http: HttpServer, admit: ConnectionAdmission | undefined) {
    this.#http = http;
    // Nothing is read from a connection before it is admitted.
    this.server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      // A broken connection also emits 'close'.
      socket.on('error', () => undefined);
      if (admit === undefined) this.#admit(socket);
      else void this.#decide(socket, admit);
    });
  }

  /** Stops listening and closes all connections. */
  close(): void {
    this.server.close();
    for (const socket of [...this.#waiting, ...this.#admitted]) socket.destroy();
  }

  async #decide(socket: Socket, admit: ConnectionAdmission): Promise<void> {
    const connection = endsOf(socket);
    // Those that wait do not count towards the limit: strangers could keep the sandbox's own out.
    if (connection === undefined || this.#waiting.size === MOST_WAITING) return void socket.resetAndDestroy();
    this.#waiting.add(socket);
    const isAdmitted = await admit(connection);
    this.#waiting.delete(socket);
    if (socket.destroyed) return;
    if (isAdmitted) this.#admit(socket);
    else socket.resetAndDestroy();
  }

  #admit(socket: Socket): void {
    if (this.#admitted.size >= this.most) return void socket.resetAndDestroy();
    this.#admitted.add(socket);
    socket.once('close', () => this.#admitted.delete(socket));
    this.#http.emit('connection', socket);
    socket.resume();
  }
}

/** Undefined when the other side has gone. */
function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): TcpConnection | undefined {
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { local: { address: localAddress, port: localPort }, remote: { address: remoteAddress, port: remotePort } };
}
