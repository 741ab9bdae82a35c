import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { AccessLogFormat } from '../contract/index.ts';
import type { AccessLog } from '../edge/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Clock, MonotonicMs } from '../kit/index.ts';
import type { DaemonLog } from './daemon-log.ts';

/** Size at which the file is moved to `access.log.1`, and how many such files are kept. */
export interface Rotation {
  readonly size: `${number}${'K' | 'M'}`;
  readonly rotate: number;
}

const ROTATION: Rotation = { size: '10M', rotate: 4 };
/** Lines are written together, after this time at the latest (ms). */
const FLUSH_MS = 250;
/** Most text that waits for the disk (characters); further lines are dropped. */
const MOST_WAITING = 4 * 1024 * 1024;
/** After a failure the file is opened again, at the earliest after this time (ms). */
const PAUSE_MS = 10_000;

/** What the file of an access log needs. */
export interface AccessLogParts {
  /** Folder of `access.log`. */
  readonly folder: string;
  readonly format: AccessLogFormat;
  readonly clock: Clock;
  readonly onTrouble: DaemonLog;
  readonly rotation?: Rotation;
}

/** An access log in a file. Trouble with the disk costs lines, never requests. */
export class AccessLogFile implements AccessLog {
  readonly format: AccessLogFormat;
  readonly clock: Clock;
  readonly #parts: AccessLogParts;
  #stream: RotatingFileStream | undefined;
  /** When the file failed last. */
  #failedAt: MonotonicMs | undefined;
  #lines: string[] = [];
  /** Characters of lines and of writes under way. */
  #waiting = 0;
  #dropped = 0;
  #cancelFlush: (() => void) | undefined;

  constructor(parts: AccessLogParts) {
    this.format = parts.format;
    this.clock = parts.clock;
    this.#parts = parts;
  }

  write(line: string): void {
    if (this.#waiting >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length + 1;
    this.#cancelFlush ??= this.clock.after(FLUSH_MS, () => void this.flush());
  }

  /** Resolves when the lines so far are written, or lost. */
  flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#lines.length === 0) return Promise.resolve();
    const text = `${this.#lines.join('\n')}\n`;
    const count = this.#lines.length;
    this.#lines = [];
    const stream = this.#opened();
    return new Promise((resolve) => {
      const settle = (isWritten: boolean): void => {
        this.#waiting -= text.length;
        if (!isWritten) this.#dropped += count;
        else if (this.#dropped > 0) {
          this.#parts.onTrouble(`the access log lacks ${this.#dropped} lines that the disk did not take`);
          this.#dropped = 0;
        }
        resolve();
      };
      if (stream === undefined) settle(false);
      else stream.write(text, (error) => settle(error === null || error === undefined));
    });
  }

  /** Writes what is left and closes the file. Never rejects. */
  async close(): Promise<void> {
    await this.flush();
    const stream = this.#stream;
    if (stream !== undefined) await new Promise<void>((resolve) => stream.end(() => resolve()));
  }

  /** The open file; undefined for a while after a failure. */
  #opened(): RotatingFileStream | undefined {
    if (this.#stream !== undefined) return this.#stream;
    if (this.#failedAt !== undefined && this.clock.monotonic() - this.#failedAt < PAUSE_MS) return undefined;
    const { folder, rotation = ROTATION, onTrouble } = this.#parts;
    const stream = createStream('access.log', { path: folder, mode: 0o600, ...rotation });
    stream.on('error', (error) => {
      if (this.#stream === stream) onTrouble(`the access log cannot be written: ${messageOf(error)}`);
      this.#stream = undefined;
      this.#failedAt = this.clock.monotonic();
    });
    return (this.#stream = stream);
  }
}
