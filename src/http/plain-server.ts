import { Server, type RequestListener, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { invariant, type Clock } from '../kit/index.ts';
import { PlainConnection, type Owner } from './plain-connection.ts';
import type { Service } from './service.ts';

/** Interval of the search for idle and slow connections (ms). */
export const SWEEP_MS = 5000;

/** Decides about connections before anything is read from them. */
export interface ConnectionGuard {
  /** Whether the connection may be served; it takes over one that may not. */
  admits(socket: Socket): boolean;
  /** Closes connections that it has taken over. */
  closeRefused(): void;
}

export interface PlainServerOptions {
  /** Options of `node:http`, for requests that are not plain. */
  readonly settings: ServerOptions & { readonly keepAliveTimeout: number };
  readonly listener: RequestListener;
  readonly service: Service;
  readonly clock: Clock;
  /** Called with the length of each body that took memory outside V8's heap (bytes). */
  readonly onBody?: ((bytes: number) => void) | undefined;
  /** Called at each sweep. */
  readonly onSweep?: (() => void) | undefined;
  /** Asked about each connection; without it all are admitted. */
  readonly guard?: ConnectionGuard | undefined;
  /** Whether clients may take any time for a head or a body; absent: they are answered 408 (see `Pace`). */
  readonly isPatient?: boolean;
}

/** HTTP server that parses plain requests itself, in a fraction of the time, and leaves all others to `node:http`. */
export class PlainServer extends Server implements Owner {
  readonly service: Service;
  readonly #onBody: ((bytes: number) => void) | undefined;
  readonly #connections: Set<PlainConnection> = new Set();
  readonly #serveByNode: (socket: Socket) => void;
  readonly #clock: Clock;
  readonly #onSweep: (() => void) | undefined;
  readonly #guard: ConnectionGuard | undefined;
  readonly #isPatient: boolean;
  readonly #keepAliveMs: number;
  #stopSweep: (() => void) | undefined;
  #second = 0;
  #closingLines = '';

  constructor(options: PlainServerOptions) {
    const { settings, listener, service, clock, onBody, onSweep, guard, isPatient = false } = options;
    super(settings, listener);
    this.service = service;
    this.#onBody = onBody;
    this.#clock = clock;
    this.#onSweep = onSweep;
    this.#guard = guard;
    this.#isPatient = isPatient;
    this.#keepAliveMs = settings.keepAliveTimeout;
    const [serve, ...others] = this.listeners('connection') as ((socket: Socket) => void)[];
    invariant(serve !== undefined && others.length === 0, 'a server of node:http listens to its connections once');
    this.#serveByNode = serve;
    this.off('connection', serve);
    this.on('connection', (socket: Socket) => {
      if (this.#guard?.admits(socket) !== false) this.#connections.add(new PlainConnection(socket, this));
    });
    this.on('listening', () => this.#beginSweep());
    this.on('close', () => {
      this.#stopSweep?.();
      this.#stopSweep = undefined;
    });
  }

  #beginSweep(): void {
    this.#stopSweep ??= this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  /** Serves a connection that another listener has accepted. */
  adopt(socket: Socket): void {
    this.#beginSweep();
    this.emit('connection', socket);
  }

  /** The lines that `node:http` writes, made once a second. */
  closingLines(): string {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const date = new Date(second * 1000).toUTCString();
      const limit = this.#keepAliveMs === 0 ? '' : `Keep-Alive: timeout=${this.#keepAliveMs / 1000}\r\n`;
      this.#closingLines = `Date: ${date}\r\nConnection: keep-alive\r\n${limit}\r\n`;
    }
    return this.#closingLines;
  }

  bodyPassed(bytes: number): void {
    this.#onBody?.(bytes);
  }

  handOver(connection: PlainConnection): void {
    this.#connections.delete(connection);
    this.#serveByNode.call(this, connection.socket);
    connection.socket.resume();
  }

  forget(connection: PlainConnection): void {
    this.#connections.delete(connection);
  }

  override closeIdleConnections(): void {
    super.closeIdleConnections();
    for (const connection of this.#connections) if (connection.isIdle) connection.socket.destroy();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const { socket } of this.#connections) socket.destroy();
    this.#guard?.closeRefused();
  }

  #sweep(): void {
    this.#onSweep?.();
    const now = this.#clock.monotonic();
    for (const connection of this.#connections) {
      connection.sweepsIdle++;
      if (!this.#isPatient) connection.checkPace(now);
      const isLong = this.#keepAliveMs > 0 && connection.sweepsIdle * SWEEP_MS > this.#keepAliveMs;
      if (isLong && connection.isIdle) connection.socket.destroy();
    }
  }
}
