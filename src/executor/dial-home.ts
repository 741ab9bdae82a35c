import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { SOCKET_PATH_BYTES, type SandboxId } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock, MonotonicMs } from '../kit/index.ts';
import { Deadlines, type Expirable } from './deadlines.ts';
import { FrameSession } from './frame-session.ts';
import { FRAME, FrameDecoder, MAX_FIRST_FRAME_BYTES, type FrameSink, type Hello } from './frames.ts';
import type { SessionHooks } from './session.ts';

/** Time-out for HELLO on a new connection (ms). A bootstrap sends it at once. */
const HELLO_MS = 2000;
/** Connections without HELLO that one sandbox may have; a further one closes the oldest. A bootstrap opens one. */
const MOST_UNGREETED = 4;
/** Connections that are accepted for one sandbox in all; after that nothing is. */
const MOST_ACCEPTED = 64;

/** A started sandbox that has not connected yet. */
export interface Expected {
  /**
   * Where the sandbox dials; passed to it as `LAM_SOCKET`. Mode 0666: the folder controls access, the token
   * authenticates.
   */
  readonly path: string;
  /** Passed to the sandbox as `LAM_TOKEN`; valid for one connection. */
  readonly token: string;
  /**
   * Settles with the session when the sandbox connects; rejects with `LAM_EXECUTOR_CANCELLED` after `cancel` or
   * `close`.
   */
  readonly connected: Promise<FrameSession>;
  cancel(): void;
}

/** A sandbox to be expected. */
export interface Caller {
  readonly id: SandboxId;
  /** Where its own socket is made; the folder must exist, and nothing at the path. */
  readonly path: string;
  /** What its session reports to. */
  readonly hooks: SessionHooks;
  /** Token of a sandbox that starts again; a new one by default. */
  readonly token?: string | undefined;
}

/**
 * The dial-home listener: a Unix socket for each sandbox, which is gone as soon as the sandbox has dialled, so that no
 * sandbox can use up the connections or descriptors of others. A connection must send the one-time token in its first
 * frame within 2 s, or is closed without an answer.
 */
export class DialHome {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #waiting = new Set<Line>();
  readonly #sockets = new Set<Socket>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
  }

  /**
   * Expects a sandbox; listens when this resolves. Throws `LAM_EXECUTOR_SOCKET_PATH` when the path is too long for a
   * socket, `LAM_EXECUTOR_LISTEN_FAILED` when the system refuses.
   */
  async expect({ id, path, hooks, token: given }: Caller): Promise<Expected> {
    if (Buffer.byteLength(path) > SOCKET_PATH_BYTES)
      throw lamError('LAM_EXECUTOR_SOCKET_PATH', { path, limit: SOCKET_PATH_BYTES });
    const token = given ?? randomBytes(24).toString('base64url');
    const { promise, resolve, reject } = Promise.withResolvers<FrameSession>();
    // A driver that gave up does not await it; this prevents an unhandled rejection.
    promise.catch(() => undefined);
    const line = new Line(this.#deadlines, (socket, hello, decoder) => {
      if (hello.token !== token || !this.#waiting.delete(line)) return false;
      this.#keep(socket);
      const [clock, deadlines] = [this.#clock, this.#deadlines];
      resolve(new FrameSession({ socket, decoder, hello, hooks, clock, deadlines }));
      return true;
    });
    line.onCancel = () => reject(lamError('LAM_EXECUTOR_CANCELLED', { id }));
    this.#waiting.add(line);
    try {
      await line.listen(path);
    } catch (cause) {
      this.#waiting.delete(line);
      throw lamError(
        'LAM_EXECUTOR_LISTEN_FAILED',
        { path, reason: cause instanceof Error ? cause.message : String(cause) },
        cause,
      );
    }
    return { path, token, connected: promise, cancel: () => this.#cancel(line) };
  }

  /** Closes all connections and sockets. Idempotent. */
  close(): void {
    for (const line of this.#waiting) this.#cancel(line);
    for (const socket of this.#sockets) socket.destroy();
    this.#deadlines.close();
  }

  #cancel(line: Line): void {
    if (!this.#waiting.delete(line)) return;
    line.close();
    line.onCancel?.();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** The socket of one sandbox, until it has greeted. */
class Line {
  onCancel: (() => void) | undefined;
  readonly #server: Server;
  readonly #deadlines: Deadlines;
  readonly #greet: (socket: Socket, hello: Hello, decoder: FrameDecoder) => boolean;
  /** Connections that have not sent HELLO, oldest first. */
  readonly #ungreeted = new Set<Greeting>();
  #accepted = 0;

  constructor(deadlines: Deadlines, greet: (socket: Socket, hello: Hello, decoder: FrameDecoder) => boolean) {
    this.#deadlines = deadlines;
    this.#greet = greet;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      const all = { readableAll: true, writableAll: true };
      this.#server.listen({ path, backlog: MOST_UNGREETED, ...all }, resolve);
    });
  }

  /** Stops listening, removes the socket and closes what has not greeted. */
  close(): void {
    this.#server.close();
    for (const greeting of this.#ungreeted) greeting.expire();
  }

  #accept(socket: Socket): void {
    // A broken connection also emits 'close', which is handled.
    socket.on('error', () => undefined);
    this.#accepted += 1;
    if (this.#accepted === MOST_ACCEPTED) this.#server.close();
    const [oldest] = this.#ungreeted;
    if (oldest !== undefined && this.#ungreeted.size === MOST_UNGREETED) oldest.expire();
    const greeting = new Greeting(socket, this.#deadlines, (hello, decoder) => {
      this.#ungreeted.delete(greeting);
      if (!this.#greet(socket, hello, decoder)) return false;
      this.close();
      return true;
    });
    this.#ungreeted.add(greeting);
    greeting.onExpired = () => this.#ungreeted.delete(greeting);
    this.#deadlines.add(greeting);
  }
}

/** A connection that has not sent HELLO. */
class Greeting implements FrameSink, Expirable {
  /** Called when it is closed without HELLO. */
  onExpired: (() => void) | undefined;
  readonly deadline: MonotonicMs;
  readonly #socket: Socket;
  readonly #deadlines: Deadlines;
  readonly #decoder: FrameDecoder;
  readonly #greet: (hello: Hello, decoder: FrameDecoder) => boolean;

  constructor(socket: Socket, deadlines: Deadlines, greet: (hello: Hello, decoder: FrameDecoder) => boolean) {
    this.#socket = socket;
    this.#deadlines = deadlines;
    this.#greet = greet;
    this.deadline = deadlines.now() + HELLO_MS;
    this.#decoder = new FrameDecoder(this, MAX_FIRST_FRAME_BYTES);
    socket.on('data', (chunk: Buffer) => this.#decoder.push(chunk));
    socket.once('close', () => {
      deadlines.remove(this);
      this.onExpired?.();
    });
  }

  onFrame(type: number, _request: number, meta: Buffer): void {
    this.#deadlines.remove(this);
    const hello = type === FRAME.hello ? parseHello(meta) : undefined;
    if (hello === undefined || !this.#greet(hello, this.#decoder)) this.expire();
  }

  onGarbage(): void {
    this.expire();
  }

  expire(): void {
    this.#deadlines.remove(this);
    this.#decoder.stop();
    this.#socket.destroy();
    this.onExpired?.();
  }
}

function parseHello(meta: Buffer): Hello | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(meta.toString('utf8'));
  } catch {
    // Not JSON, so not a bootstrap of lam.
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const token: unknown = Reflect.get(parsed, 'token');
  const pid: unknown = Reflect.get(parsed, 'pid');
  const runtime: unknown = Reflect.get(parsed, 'runtime');
  if (typeof token !== 'string' || typeof pid !== 'number' || typeof runtime !== 'string') return undefined;
  return { token, pid, runtime };
}
