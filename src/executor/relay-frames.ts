import type { TelemetryDestination } from './runtime-api/telemetry/subscription.ts';

/** Where the relay of a container serves the Runtime API; the port on AWS. Each container has a loopback of its own. */
export const RELAY = { host: '127.0.0.1', port: 9001 } as const;
/** The same, as the value of `AWS_LAMBDA_RUNTIME_API`. */
export const RELAY_ADDRESS = `${RELAY.host}:${RELAY.port}`;

/** Where lam's client or the relay in a container takes calls of other functions, and the URL of that. */
export const CALLS = { host: '127.0.0.1', port: 9011 } as const;
export const CALLS_URL = `http://${CALLS.host}:${CALLS.port}`;
/** Connections for calls that one container may have at a time; further ones are closed. */
export const MOST_CALL_CONNECTIONS = 64;

/**
 * Kinds of frames that a relay sends: what the code and the extensions print, as Docker's attach streams, and messages
 * in JSON.
 */
export const FROM_RELAY = {
  stdout: 1,
  stderr: 2,
  extensionStdout: 3,
  extensionStderr: 4,
  ready: 5,
  ended: 6,
  delivered: 7,
} as const;

/** Kinds of frames that a daemon sends: messages in JSON; the batch of `deliver` follows its line. */
export const TO_RELAY = { start: 1, signal: 2, deliver: 3 } as const;

/** The relay serves the Runtime API. */
export interface RelayReady {
  /** Names of the files in `/opt/extensions`. */
  readonly extensions: readonly string[];
}

/** A program to be started in the container. */
export interface RelayStart {
  /** Chosen by the daemon; 0 is the code. */
  readonly program: number;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** Variables besides those that the container was created with; null removes one of these. */
  readonly environment: Readonly<Record<string, string | null>>;
  /** Where what it prints goes: frames of code or of extensions, or the output of the container. */
  readonly output: 'code' | 'extension' | 'container';
}

/** Number of the code among the programs of a container. */
export const CODE = 0;

/** A signal for a program and its children. */
export interface RelaySignal {
  readonly program: number;
  readonly signal: 'SIGTERM' | 'SIGKILL';
}

/** A batch of telemetry for a listener in the container. */
export interface RelayDelivery {
  readonly delivery: number;
  readonly to: TelemetryDestination;
}

/** A program has ended, after all that it had printed. Without extensions the relay exits with the code instead. */
export interface RelayEnded {
  readonly program: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** Processes that the kernel has ended in this container because its memory was used up. */
  readonly memoryKills: number;
}

/** A listener has taken a batch, or has not. */
export interface RelayDelivered {
  readonly delivery: number;
  readonly isTaken: boolean;
}

const HEADER_BYTES = 8;

/** Returns the header of a frame: `u8 kind, 3 bytes 0, u32 length (big-endian)`. Pure. */
export function relayHeader(kind: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = kind;
  header.writeUInt32BE(length, 4);
  return header;
}

/** Returns the frame of a message, and of the bytes that follow its line. Pure. */
export function relayMessage(kind: number, message: object, after?: Uint8Array): Buffer {
  const text = Buffer.from(`${JSON.stringify(message)}\n`);
  const parts = after === undefined ? [text] : [text, after];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([relayHeader(kind, length), ...parts]);
}

/** What a {@link RelayReader} reads. */
export interface RelaySink {
  /** Longest message (bytes). */
  readonly longest: number;
  /** Whether frames of this kind are passed on in pieces as they arrive, whatever their length. */
  isOutput(kind: number): boolean;
  piece(kind: number, bytes: Buffer): void;
  /** `text`: the line of a message; `after`: what follows it in its frame. */
  message(kind: number, text: string, after: Buffer): void;
  /** A message is longer than allowed; nothing more is read. */
  garbage(): void;
}

/** Reads the frames of one side of the channel. */
export class RelayReader {
  readonly #sink: RelaySink;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerLength = 0;
  /** Bytes of the current frame that have not arrived. */
  #left = 0;
  #parts: Buffer[] = [];
  #isStopped = false;

  constructor(sink: RelaySink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      if (this.#left === 0) {
        const copied = chunk.copy(this.#header, this.#headerLength, at, at + HEADER_BYTES - this.#headerLength);
        at += copied;
        this.#headerLength += copied;
        if (this.#headerLength === HEADER_BYTES) this.#begin();
      } else {
        const piece = chunk.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        this.#take(piece);
      }
    }
  }

  get #kind(): number {
    return this.#header[0] ?? 0;
  }

  #begin(): void {
    this.#headerLength = 0;
    this.#left = this.#header.readUInt32BE(4);
    if (this.#sink.isOutput(this.#kind) || this.#left <= this.#sink.longest) return;
    this.#isStopped = true;
    this.#sink.garbage();
  }

  #take(piece: Buffer): void {
    if (this.#sink.isOutput(this.#kind)) return this.#sink.piece(this.#kind, piece);
    this.#parts.push(piece);
    if (this.#left > 0) return;
    const body = Buffer.concat(this.#parts);
    this.#parts = [];
    const line = body.indexOf('\n');
    const end = line === -1 ? body.length : line;
    this.#sink.message(this.#kind, body.toString('utf8', 0, end), body.subarray(end + 1));
  }
}
