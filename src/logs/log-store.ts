import { Worker } from 'node:worker_threads';
import type { LogQuery, LogRecord, LogStream, PlatformRecord } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Chunk, FromWorker, ToWorker } from './messages.ts';
import { matches } from './query.ts';
import { decodeRecord, encodePlatform, encodeText, type Source } from './record-codec.ts';
import type { LogWorkerData } from './worker.ts';

export interface LogStoreOptions {
  readonly file: string;
  /** Script of the log thread. */
  readonly worker: string;
  readonly clock: Clock;
  /** Most bytes kept per function. */
  readonly keepBytes: number;
  /** Told in one sentence about what went wrong with keeping logs; functions run on. */
  readonly onTrouble: (what: string) => void;
}

/** A new line reaches the database within this time, ms. */
const FLUSH_MS = 50;
/** Or when this much is waiting, characters. */
const FLUSH_CHARS = 256 * 1024;
/** Above this much unwritten, whoever prints is held back; below the half of it, let go on. Characters. */
const PRESSURE_CHARS = 8 * 1024 * 1024;

interface Pending {
  firstMs: number;
  lastMs: number;
  lines: string[];
}

/**
 * What functions printed, one stream a function. Appending costs about a microsecond and touches no file: records
 * gather in memory and go to a thread, which writes them to SQLite as one row per function and flush.
 */
export class LogStore {
  readonly #options: LogStoreOptions;
  readonly #worker: Worker;
  readonly #stopTimer: () => void;
  readonly #followers: Map<string, Set<(record: LogRecord) => void>> = new Map();
  readonly #answers: Map<number, (message: FromWorker) => void> = new Map();
  #pending: Map<string, Pending> = new Map();
  #pendingChars = 0;
  #unwrittenChars = 0;
  #nextId = 1;
  #relief: (() => void)[] = [];
  #closed = false;

  private constructor(options: LogStoreOptions, worker: Worker) {
    this.#options = options;
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#onMessage(message));
    this.#stopTimer = options.clock.every(FLUSH_MS, () => this.flush());
  }

  /** Resolves at once; the thread opens the file while the daemon goes on. */
  static open(options: LogStoreOptions): LogStore {
    const workerData: LogWorkerData = { file: options.file, keepBytes: options.keepBytes };
    const worker = new Worker(options.worker, { workerData, execArgv: ['--no-warnings'] });
    worker.unref();
    const store = new LogStore(options, worker);
    worker.on('error', (error) => store.#onDeath(error instanceof Error ? error.message : String(error)));
    return store;
  }

  /** Whether printing outruns writing; see {@link LogStore.whenRelieved}. */
  get underPressure(): boolean {
    return this.#unwrittenChars + this.#pendingChars > PRESSURE_CHARS;
  }

  /** Calls back once when there is room again. */
  whenRelieved(run: () => void): void {
    this.#relief.push(run);
  }

  append(functionName: string, source: Source, stream: LogStream, text: string, requestId: string, time: number): void {
    this.#add(functionName, encodeText(source, stream, text, requestId, time), time);
  }

  appendPlatform(functionName: string, source: Source, record: PlatformRecord, requestId: string, time: number): void {
    this.#add(functionName, encodePlatform(source, record, requestId, time), time);
  }

  /** Hands what is waiting to the thread. Queries made after it see all of it. */
  flush(): void {
    if (this.#pending.size === 0 || this.#closed) return;
    const chunks: Chunk[] = [];
    for (const [functionName, p] of this.#pending) {
      chunks.push({ functionName, firstMs: p.firstMs, lastMs: p.lastMs, body: p.lines.join('\n') });
    }
    const bytes = this.#pendingChars;
    this.#unwrittenChars += bytes;
    this.#pending = new Map();
    this.#pendingChars = 0;
    this.#send({ type: 'write', chunks, bytes });
  }

  /** Kept records that match, oldest first, in batches. */
  query(functionName: string, query: LogQuery, onRecords: (records: readonly LogRecord[]) => void): Promise<void> {
    this.flush();
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(lamError('LAM_LOGS_UNAVAILABLE', {}));
        return;
      }
      const id = this.#nextId++;
      this.#answers.set(id, (message) => {
        if (message.type !== 'records') {
          reject(lamError('LAM_LOGS_UNAVAILABLE', {}));
          return;
        }
        onRecords(message.records);
        if (!message.done) return;
        this.#answers.delete(id);
        resolve();
      });
      this.#send({ type: 'query', id, functionName, query });
    });
  }

  /**
   * Gives every matching record from now on; with a {@link LogStore.query} started in the same turn nothing is missed
   * and nothing comes twice. The returned function ends it.
   */
  follow(functionName: string, query: LogQuery, onRecord: (record: LogRecord) => void): () => void {
    this.flush();
    const listener = (record: LogRecord): void => {
      if (matches(record, query)) onRecord(record);
    };
    const set = this.#followers.get(functionName) ?? new Set();
    this.#followers.set(functionName, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0) this.#followers.delete(functionName);
    };
  }

  /** Forgets all of a function's records. */
  async delete(functionName: string): Promise<void> {
    this.flush();
    await this.#ask((id) => ({ type: 'delete', id, functionName }));
  }

  /** Bytes kept per function, and of the file. */
  async sizes(): Promise<{ readonly sizes: Readonly<Record<string, number>>; readonly total: number }> {
    this.flush();
    const answer = await this.#ask((id) => ({ type: 'sizes', id }));
    return answer.type === 'sizes' ? answer : { sizes: {}, total: 0 };
  }

  /** Writes what is waiting and closes the file. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.flush();
    this.#stopTimer();
    await this.#ask((id) => ({ type: 'close', id }));
    this.#closed = true;
    await this.#worker.terminate();
  }

  #add(functionName: string, line: string, time: number): void {
    const pending = this.#pending.get(functionName);
    if (pending === undefined) this.#pending.set(functionName, { firstMs: time, lastMs: time, lines: [line] });
    else {
      pending.lines.push(line);
      if (time > pending.lastMs) pending.lastMs = time;
      else if (time < pending.firstMs) pending.firstMs = time;
    }
    this.#pendingChars += line.length;
    if (this.#pendingChars >= FLUSH_CHARS) this.flush();
    const followers = this.#followers.size === 0 ? undefined : this.#followers.get(functionName);
    if (followers === undefined) return;
    const record = decodeRecord(line);
    if (record !== undefined) for (const follower of followers) follower(record);
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #ask(make: (id: number) => ToWorker): Promise<FromWorker> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      if (this.#closed) {
        resolve({ type: 'done', id });
        return;
      }
      this.#answers.set(id, (message) => {
        this.#answers.delete(id);
        resolve(message);
      });
      this.#send(make(id));
    });
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'ready') {
      if (message.setAside !== undefined) this.#options.onTrouble(`the log file was damaged; it is kept as ${message.setAside} and a new one was begun`);
      return;
    }
    if (message.type !== 'written') {
      this.#answers.get(message.id)?.(message);
      return;
    }
    this.#unwrittenChars -= message.bytes;
    if (message.failure !== undefined) this.#options.onTrouble(`logs could not be written: ${message.failure}`);
    if (this.#relief.length === 0 || this.#unwrittenChars + this.#pendingChars > PRESSURE_CHARS / 2) return;
    const relieved = this.#relief;
    this.#relief = [];
    for (const run of relieved) run();
  }

  #onDeath(why: string): void {
    this.#closed = true;
    this.#options.onTrouble(`the log thread died, nothing more is kept until the next start: ${why}`);
    for (const [id, answer] of this.#answers) answer({ type: 'done', id });
    this.#answers.clear();
    this.#pending = new Map();
    this.#pendingChars = 0;
    this.#unwrittenChars = 0;
    for (const run of this.#relief.splice(0)) run();
  }
}
