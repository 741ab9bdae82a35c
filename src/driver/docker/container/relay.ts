import { constants } from 'node:os';
import { createServer, type Server, type Socket } from 'node:net';

import { lamError, messageOf } from '../../../errors/index.ts';
import {
  CODE,
  FROM_RELAY,
  RelayReader,
  relayMessage,
  TO_RELAY,
  type DeliverTelemetry,
  type RelayStart,
} from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { SandboxedEnd } from '../../shared/extension-programs.ts';

/** A program that a relay is told to start, as its container sees it. */
export type Launch = Pick<RelayStart, 'command' | 'cwd' | 'environment'>;

/** How a program ended, and what the kernel ended in its container. */
export interface RelayEnd extends SandboxedEnd {
  /** Processes ended because the container's memory was used up. */
  readonly memoryKills: number;
}

/** Receives what a program prints. */
export type TakeOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;

/** Longest message of a relay (bytes); output may be longer. */
const LONGEST = 64 * 1024;
/** Programs of extensions that are started; ten can register. */
const MOST_EXTENSIONS = 32;
/** Longest name of a file. */
const NAME_BYTES = 255;
/** Bytes for a relay that does not read; further telemetry is not delivered. */
const MOST_UNREAD = 4 * 1024 * 1024;
/** Longest time until a relay reports a delivery (ms); it gives up earlier. */
const DELIVERY_MS = 6000;

/**
 * The channel to the relay of one container. The first connection is the relay's, which starts the code; the code itself
 * finds no listener any more. Code can still act as its relay, whose user it has: what arrives is limited, and can
 * concern nothing but this container.
 */
export class Relay {
  /** Resolves with the names of the external extensions, in order, when the relay serves the Runtime API. */
  readonly ready: Promise<readonly string[]>;
  /** Resolves when its connection has ended; not before it has connected. */
  readonly gone: Promise<void>;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #programs = new Map<number, RelayProgram>();
  readonly #deliveries = new Map<number, (isTaken: boolean) => void>();
  readonly #ready = Promise.withResolvers<readonly string[]>();
  readonly #gone = Promise.withResolvers<void>();
  #socket: Socket | undefined;
  #lastDelivery = 0;
  #lastExtension: number = CODE;
  /** Set before anything is started. */
  onOutput: Readonly<Record<'code' | 'extension', TakeOutput>> | undefined;

  private constructor(server: Server, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    this.ready = this.#ready.promise;
    this.gone = this.#gone.promise;
    server.once('connection', (socket) => {
      server.close();
      this.#connected(socket);
    });
  }

  /** Rejects with `LAM_EXECUTOR_LISTEN_FAILED`. */
  static async listen(path: string, clock: Clock): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, clock);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(lamError('LAM_EXECUTOR_LISTEN_FAILED', { path, reason: messageOf(error) }, error)),
      );
      // The sandbox has another user, so the socket is open to all; its folder controls access.
      server.listen({ path, readableAll: true, writableAll: true }, resolve);
    });
    return relay;
  }

  /** Has a program started, once the relay is ready. One of a relay that has gone never starts, and has ended. */
  start(launch: Launch, output: RelayStart['output']): RelayProgram {
    const number = output === 'extension' ? (this.#lastExtension += 1) : CODE;
    const program = new RelayProgram((signal) => this.#send(TO_RELAY.signal, { program: number, signal }));
    this.#programs.set(number, program);
    if (this.#socket === undefined) program.end(LOST);
    else this.#send(TO_RELAY.start, { ...launch, program: number, output } satisfies RelayStart);
    return program;
  }

  /** Brings telemetry to a listener in the container. */
  readonly deliver: DeliverTelemetry = (to, batch) => {
    const socket = this.#socket;
    if (socket === undefined || socket.writableLength + batch.length > MOST_UNREAD) return Promise.resolve(false);
    this.#lastDelivery += 1;
    const delivery = this.#lastDelivery;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = this.#clock.after(DELIVERY_MS, () => settle(false));
    const settle = (isTaken: boolean): void => {
      if (!this.#deliveries.delete(delivery)) return;
      cancel();
      resolve(isTaken);
    };
    this.#deliveries.set(delivery, settle);
    socket.write(relayMessage(TO_RELAY.deliver, { delivery, to }, batch));
    return promise;
  };

  /** Closes the socket and the connection, with which a relay ends. Idempotent. */
  close(): void {
    this.#server.close();
    this.#socket?.destroy();
  }

  #connected(socket: Socket): void {
    this.#socket = socket;
    const reader = new RelayReader({
      longest: LONGEST,
      isOutput: (kind) => kind <= FROM_RELAY.extensionStderr,
      piece: (kind, bytes) => this.#printed(kind, bytes),
      message: (kind, text) => this.#told(kind, text),
      garbage: () => socket.destroy(),
    });
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    // Its end is reported by 'close'.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#socket = undefined;
      for (const program of this.#programs.values()) program.end(LOST);
      for (const settle of this.#deliveries.values()) settle(false);
      this.#gone.resolve();
    });
  }

  #printed(kind: number, bytes: Buffer): void {
    const printer = kind >= FROM_RELAY.extensionStdout ? 'extension' : 'code';
    const isError = kind === FROM_RELAY.stderr || kind === FROM_RELAY.extensionStderr;
    this.onOutput?.[printer](isError ? 'stderr' : 'stdout', bytes);
  }

  #told(kind: number, text: string): void {
    const message = parsed(text);
    if (kind === FROM_RELAY.ready) this.#ready.resolve(extensionsOf(message));
    else if (kind === FROM_RELAY.ended) this.#programs.get(numberIn(message, 'program'))?.end(endOf(message));
    else if (kind === FROM_RELAY.delivered)
      this.#deliveries.get(numberIn(message, 'delivery'))?.(message['isTaken'] === true);
  }

  #send(kind: number, message: object): void {
    // Nothing but telemetry is large, and that is not sent to one that does not read.
    this.#socket?.write(relayMessage(kind, message));
  }
}

/** Of programs whose relay has gone: how they ended is not known. */
const LOST: RelayEnd = { code: null, signal: null, memoryKills: 0 };

/** A program in a container. */
export class RelayProgram {
  /** How it ended; with neither code nor signal if its relay has ended first. */
  readonly ended: Promise<RelayEnd>;
  isEnded = false;
  /** Signals it and its children. */
  readonly kill: (signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly #ended = Promise.withResolvers<RelayEnd>();

  constructor(kill: (signal: 'SIGTERM' | 'SIGKILL') => void) {
    this.kill = kill;
    this.ended = this.#ended.promise;
  }

  /** Called with its end, once that is known. */
  end(how: RelayEnd): void {
    this.isEnded = true;
    this.#ended.resolve(how);
  }
}

/** A message, or an empty one for anything else. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(text) as object) };
  } catch {
    // Not of a relay of lam's.
    return {};
  }
}

/** A number of a message; NaN for anything else, which `Number()` may throw for. */
function numberIn(message: Readonly<Record<string, unknown>>, name: string): number {
  const value = message[name];
  return typeof value === 'number' ? value : Number.NaN;
}

function extensionsOf({ extensions }: Readonly<Record<string, unknown>>): readonly string[] {
  if (!Array.isArray(extensions)) return [];
  return (extensions as readonly unknown[])
    .filter((name) => typeof name === 'string')
    .filter((name) => name !== '' && !name.includes('/') && Buffer.byteLength(name) <= NAME_BYTES)
    .toSorted()
    .slice(0, MOST_EXTENSIONS);
}

function endOf({ code, signal, memoryKills }: Readonly<Record<string, unknown>>): RelayEnd {
  const known = Object.keys(constants.signals).find((name) => name === signal);
  const kills = typeof memoryKills === 'number' ? memoryKills : 0;
  if (known !== undefined) return { code: null, signal: known as NodeJS.Signals, memoryKills: kills };
  return { code: typeof code === 'number' ? code : 1, signal: null, memoryKills: kills };
}
