import { Writable } from 'node:stream';
import { encodeLog, LOG_STDERR, LOG_STDOUT, LOG_TEXT_LIMIT } from '../../executor/frames.ts';
import type { DaemonConnection } from '../shared/channel.ts';
import type { Run, Scope } from './scope.ts';

/** Most characters of an unfinished line that are held back. */
const PARTIAL_LIMIT = 64 * 1024;

type WriteDone = (error?: Error | null) => void;

/**
 * Sends what the function prints through `console`, `process.stdout` and `process.stderr` as LOG frames: one record per
 * call, whatever its number of lines. An unfinished line is held until its line break or the end of the invocation.
 */
export class CapturedOutput {
  readonly #connection: DaemonConnection;
  readonly #scope: Scope;

  constructor(connection: DaemonConnection, scope: Scope) {
    this.#connection = connection;
    this.#scope = scope;
  }

  /** Replaces this process's standard streams; must be called before anything uses them. */
  install(): void {
    Object.defineProperty(process, 'stdout', {
      value: this.#stream(LOG_STDOUT, 1),
      configurable: true,
      enumerable: true,
      writable: true,
    });
    // Otherwise `console` adds an error listener around each write, a third of its cost; these streams never fail.
    Reflect.set(console, '_ignoreErrors', false);
    Object.defineProperty(process, 'stderr', {
      value: this.#stream(LOG_STDERR, 2),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }

  /** Sends unfinished lines of `run`; must be called before its answer is sent. */
  flush(run: Run): void {
    const { partial } = run;
    for (let stream = LOG_STDOUT; stream <= LOG_STDERR; stream++) {
      const text = partial[stream];
      if (text === undefined || text === '') continue;
      this.record(run, stream, text);
      partial[stream] = '';
    }
  }

  /** Sends one record of `run` at once; splits text over the limit at line breaks and cuts a line that is longer. */
  record(run: Run, stream: number, text: string): void {
    const now = Date.now();
    let rest = text;
    while (rest.length > LOG_TEXT_LIMIT / 4 && Buffer.byteLength(rest) > LOG_TEXT_LIMIT) {
      const end = rest.lastIndexOf('\n', LOG_TEXT_LIMIT / 4);
      const cut = end > 0 ? end : Math.min(rest.length, LOG_TEXT_LIMIT);
      this.#connection.send(encodeLog(run.request, stream, now, rest.slice(0, cut)));
      const next = end > 0 ? end : rest.indexOf('\n', cut);
      if (next === -1) return;
      rest = rest.slice(next + 1);
    }
    this.#connection.send(encodeLog(run.request, stream, now, rest));
  }

  #print(stream: number, text: string): void {
    const run = this.#scope.current;
    const { partial } = run;
    const whole = (partial[stream] ?? '') + text;
    const end = whole.lastIndexOf('\n');
    if (end !== -1) this.record(run, stream, whole.slice(0, end));
    const rest = whole.slice(end + 1);
    const isTooLong = rest.length > PARTIAL_LIMIT;
    if (isTooLong) this.record(run, stream, rest);
    partial[stream] = isTooLong ? '' : rest;
  }

  #stream(number: number, fd: number): Writable {
    const print = (chunk: unknown, encoding: unknown): void => this.#print(number, textOf(chunk, encoding));
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: unknown, encoding, done) {
        print(chunk, encoding);
        done();
      },
    });
    // Bypasses the stream's states, queues and ticks, which cost more than the frame itself.
    const write = (chunk: unknown, encoding?: string | WriteDone, done?: WriteDone): boolean => {
      const callback = typeof encoding === 'function' ? encoding : done;
      print(chunk, encoding);
      if (callback !== undefined) process.nextTick(callback);
      return true;
    };
    return Object.defineProperties(stream, {
      write: { value: write, configurable: true, writable: true },
      fd: { value: fd },
    });
  }
}

function textOf(chunk: unknown, encoding: unknown): string {
  if (typeof chunk === 'string') {
    const plain =
      typeof encoding !== 'string' || encoding === 'utf8' || encoding === 'utf-8' || !Buffer.isEncoding(encoding);
    return plain ? chunk : Buffer.from(chunk, encoding).toString('utf8');
  }
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8');
  throw new TypeError('The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView.');
}
