import { randomBytes } from 'node:crypto';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { SOCKET_PATH_BYTES, type SandboxId } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock, MonotonicMs } from '../kit/index.ts';
import { Deadlines, type Expirable } from './deadlines.ts';
import { FrameSession } from './frame-session.ts';
import { FRAME, FrameDecoder, MAX_FIRST_FRAME_BYTES, type FrameSink, type Hello } from './frames.ts';
import type { SessionHooks } from './session.ts';

/** Time-out for HELLO on a new connection (ms). */
const HELLO_MS = 5000;

/** A started sandbox that has not connected yet. */
export interface Expected {
  /** Passed to the sandbox as `LAM_TOKEN`; valid for one connection. */
  readonly token: string;
  /**
   * Settles with the session when the sandbox connects; rejects with `LAM_EXECUTOR_CANCELLED` after `cancel` or
   * `close`.
   */
  readonly connected: Promise<FrameSession>;
  cancel(): void;
}

interface Waiting {
  readonly id: SandboxId;
  readonly hooks: SessionHooks;
  readonly resolve: (session: FrameSession) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The dial-home listener: one Unix socket for all sandboxes of a daemon. A connection must send the one-time token of
 * an expected sandbox in its first frame within 5 s, or is closed without an answer.
 */
export class DialHome {
  /** Path of the socket, mode 0666: the folder controls access, the token authenticates. */
  readonly path: string;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #waiting = new Map<string, Waiting>();
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /**
   * Listens at `path`, replacing what exists there; the folder must exist. Throws `LAM_EXECUTOR_SOCKET_PATH` when the
   * path is too long for a socket, `LAM_EXECUTOR_LISTEN_FAILED` when the system refuses.
   */
  static async listen(path: string, clock: Clock): Promise<DialHome> {
    if (Buffer.byteLength(path) > SOCKET_PATH_BYTES)
      throw lamError('LAM_EXECUTOR_SOCKET_PATH', { path, limit: SOCKET_PATH_BYTES });
    const home = new DialHome(path, clock);
    try {
      await rm(path, { force: true });
      await new Promise<void>((resolve, reject) => {
        home.#server.once('error', reject);
        home.#server.listen(path, () => {
          home.#server.off('error', reject);
          resolve();
        });
      });
      await chmod(path, 0o666);
    } catch (cause) {
      throw lamError(
        'LAM_EXECUTOR_LISTEN_FAILED',
        { path, reason: cause instanceof Error ? cause.message : String(cause) },
        cause,
      );
    }
    return home;
  }

  /** Expects sandbox `id`, whose session will report to `hooks`. */
  expect(id: SandboxId, hooks: SessionHooks): Expected {
    const token = randomBytes(24).toString('base64url');
    const { promise, resolve, reject } = Promise.withResolvers<FrameSession>();
    // A driver that gave up does not await it; this prevents an unhandled rejection.
    promise.catch(() => undefined);
    this.#waiting.set(token, { id, hooks, resolve, reject });
    const cancel = (): void => {
      if (this.#waiting.delete(token)) reject(lamError('LAM_EXECUTOR_CANCELLED', { id }));
    };
    return { token, connected: promise, cancel };
  }

  /** Closes all connections and the socket. Idempotent. */
  async close(): Promise<void> {
    for (const waiting of this.#waiting.values())
      waiting.reject(lamError('LAM_EXECUTOR_CANCELLED', { id: waiting.id }));
    this.#waiting.clear();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#deadlines.close();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // A broken connection also emits 'close', which is handled.
    socket.on('error', () => undefined);
    const greeting = new Greeting(socket, this.#deadlines, (hello, decoder) => this.#greet(socket, decoder, hello));
    this.#deadlines.add(greeting);
  }

  #greet(socket: Socket, decoder: FrameDecoder, hello: Hello): boolean {
    const waiting = this.#waiting.get(hello.token);
    if (waiting === undefined) return false;
    this.#waiting.delete(hello.token);
    waiting.resolve(
      new FrameSession({
        socket,
        decoder,
        hello,
        hooks: waiting.hooks,
        clock: this.#clock,
        deadlines: this.#deadlines,
      }),
    );
    return true;
  }
}

/** A connection that has not sent HELLO. */
class Greeting implements FrameSink, Expirable {
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
    socket.once('close', () => deadlines.remove(this));
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
    this.#decoder.stop();
    this.#socket.destroy();
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
