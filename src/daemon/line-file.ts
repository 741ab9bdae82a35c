import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { messageOf } from '../errors/index.ts';
import type { Clock, MonotonicMs } from '../kit/index.ts';
import type { DaemonLog } from './daemon-log.ts';

/** Size at which a file is moved to `NAME.1`, and how many such files are kept. */
export interface Rotation {
  readonly size: `${number}${'K' | 'M'}`;
  readonly rotate: number;
}

/** Most text that waits for the disk (characters); further lines are dropped. */
const MOST_WAITING = 4 * 1024 * 1024;
/** After a failure the file is opened again, at the earliest after this time (ms). */
const PAUSE_MS = 10_000;

/** What a file of lines needs. */
export interface LineFileParts {
  readonly folder: string;
  readonly name: string;
  /** What it is in messages: `the access log`. */
  readonly called: string;
  /** Lines are written together, after this time at the latest (ms). */
  readonly flushMs: number;
  readonly rotation: Rotation;
  readonly clock: Clock;
  readonly onTrouble: DaemonLog;
}

/** A file that lines are appended to, which rotates. Trouble with the disk costs lines, never requests. */
export class LineFile {
  readonly #parts: LineFileParts;
  #stream: RotatingFileStream | undefined;
  /** When the file failed last. */
  #failedAt: MonotonicMs | undefined;
  #lines: string[] = [];
  /** Characters of lines and of writes under way. */
  #waiting = 0;
  #dropped = 0;
  #cancelFlush: (() => void) | undefined;
  /** The last write. */
  #written: Promise<void> = Promise.resolve();

  constructor(parts: LineFileParts) {
    this.#parts = parts;
  }

  write(line: string): void {
    if (this.#waiting >= MOST_WAITING) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length + 1;
    this.#cancelFlush ??= this.#parts.clock.after(this.#parts.flushMs, () => void this.flush());
  }

  /** Resolves when the lines so far are written, or lost. */
  flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#lines.length === 0) return this.#written;
    const text = `${this.#lines.join('\n')}\n`;
    const count = this.#lines.length;
    this.#lines = [];
    const stream = this.#opened();
    this.#written = new Promise((resolve) => {
      const settle = (isWritten: boolean): void => {
        this.#waiting -= text.length;
        if (!isWritten) this.#dropped += count;
        else if (this.#dropped > 0) {
          this.#parts.onTrouble(`${this.#parts.called} lacks ${this.#dropped} lines that the disk did not take`);
          this.#dropped = 0;
        }
        resolve();
      };
      if (stream === undefined) settle(false);
      else stream.write(text, (error) => settle(error === null || error === undefined));
    });
    return this.#written;
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
    const { folder, name, called, rotation, clock, onTrouble } = this.#parts;
    if (this.#failedAt !== undefined && clock.monotonic() - this.#failedAt < PAUSE_MS) return undefined;
    const stream = createStream(name, { path: folder, mode: 0o600, ...rotation });
    stream.on('error', (error) => {
      if (this.#stream === stream) onTrouble(`${called} cannot be written: ${messageOf(error)}`);
      this.#stream = undefined;
      this.#failedAt = clock.monotonic();
    });
    return (this.#stream = stream);
  }
}
