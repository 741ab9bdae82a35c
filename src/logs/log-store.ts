import { Worker } from 'node:worker_threads';
import type {
  LogQuery,
  LogRecord,
  LogStream,
  NodeId,
  PlatformRecord,
  RequestId,
  FunctionName,
} from '../contract/index.ts';
import { asLamError, lamError, messageOf, type LamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Answer, Chunk, FromWorker, LogWorkerData, ToWorker } from './messages.ts';
import { platformText } from './platform-text.ts';
import { matches } from './query.ts';
import { RecordBatch, type ChunkParts } from './record-batch.ts';
import type { Source } from './record-codec.ts';

export interface LogStoreOptions {
  readonly file: string;
  /** Script of the worker thread. */
  readonly worker: string;
  /** Id of this node, which its records carry. */
  readonly node: NodeId;
  readonly clock: Clock;
  /** Limit of stored records per function (bytes). */
  readonly keepBytes: number;
  /** Called with one sentence when storing fails; functions keep running. */
  readonly onTrouble: (what: string) => void;
  /** Called with the size of what was sent to the worker (bytes). */
  readonly onSent?: (bytes: number) => void;
}

/** Interval of flushes (ms). */
const FLUSH_MS = 50;
/** Amount of waiting records that is flushed at once (bytes). */
const FLUSH_BYTES = 256 * 1024;
/** High-water mark of unwritten records (bytes): back-pressure begins above it and ends below half of it. */
const PRESSURE_BYTES = 8 * 1024 * 1024;

/**
 * The logs of all functions. Appending takes a fraction of a microsecond and no I/O: records are batched in memory,
 * encoded and sent to a worker thread, which writes one SQLite row per function and flush.
 */
export class LogStore {
  readonly #options: LogStoreOptions;
  readonly #worker: Worker;
  readonly #stopTimer: () => void;
  readonly #followers: Map<FunctionName, Set<(record: LogRecord) => void>> = new Map();
  readonly #answers: Map<number, (answer: Answer) => void> = new Map();
  /** Waiting records by function. A batch that is empty at a flush is removed. */
  readonly #pending: Map<FunctionName, RecordBatch> = new Map();
  #pendingBytes = 0;
  #unwrittenBytes = 0;
  #lostBytes = 0;
  #nextId = 1;
  #relief: (() => void)[] = [];
  /** Whether the worker has ended, because the store was closed or by a crash. */
  #ended = false;
  #closing: Promise<void> | undefined;

  private constructor(options: LogStoreOptions, worker: Worker) {
    this.#options = options;
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#onMessage(message));
    worker.on('error', (error) => this.#onDeath(messageOf(error)));
    worker.on('exit', () => this.#onDeath('it ended by itself'));
    this.#stopTimer = options.clock.every(FLUSH_MS, () => this.flush());
  }

  /** Starts the worker, which opens the file in the background. */
  static open(options: LogStoreOptions): LogStore {
    const { file, node, keepBytes } = options;
    const workerData: LogWorkerData = { file, node, keepBytes };
    const worker = new Worker(options.worker, { workerData, execArgv: ['--no-warnings'] });
    worker.unref();
    return new LogStore(options, worker);
  }

  /** Whether back-pressure applies: more is printed than can be written. See {@link LogStore.whenRelieved}. */
  get underPressure(): boolean {
    return this.#unwrittenBytes + this.#pendingBytes > PRESSURE_BYTES;
  }

  /** Calls `run` once, when the back-pressure has ended. */
  whenRelieved(run: () => void): void {
    this.#relief.push(run);
  }

  /** Appends what a function printed in one write; `time` is milliseconds since the epoch. */
  // oxlint-disable-next-line max-params -- called once per line: an options object would be one more allocation
  append(
    functionName: FunctionName,
    source: Source,
    stream: LogStream,
    text: string,
    requestId: RequestId | '',
    time: number,
  ): void {
    if (!this.#ended) {
      const batch = this.#batchOf(functionName);
      const before = batch.weight;
      batch.text(source, stream, text, requestId, time);
      this.#noteAdded(batch.weight - before);
    }
    if (this.#followers.size === 0) return;
    const { version, sandbox } = source;
    this.#tell(functionName, { time, stream, requestId, version, sandbox, node: this.#options.node, text });
  }

  /** Appends a record of lam about an invocation; `time` is milliseconds since the epoch. */
  // oxlint-disable-next-line max-params -- called twice per invocation: an options object would be one more allocation
  appendPlatform(
    functionName: FunctionName,
    source: Source,
    record: PlatformRecord,
    requestId: RequestId | '',
    time: number,
  ): void {
    if (!this.#ended) {
      const batch = this.#batchOf(functionName);
      const before = batch.weight;
      batch.platform(source, record, requestId, time);
      this.#noteAdded(batch.weight - before);
    }
    if (this.#followers.size === 0) return;
    const { version, sandbox } = source;
    this.#tell(functionName, {
      time,
      stream: 'platform',
      requestId,
      version,
      sandbox,
      node: this.#options.node,
      text: platformText(record, requestId, version),
      platform: record,
    });
  }

  /** Sends waiting records to the worker. Later queries see them. */
  flush(): void {
    const chunks: Chunk[] = [];
    const filled: { readonly batch: RecordBatch; readonly parts: ChunkParts; readonly chunk: Chunk }[] = [];
    let size = 0;
    for (const [functionName, batch] of this.#pending) {
      if (batch.count === 0) {
        this.#pending.delete(functionName);
        continue;
      }
      const parts = batch.parts();
      const chunk = {
        functionName,
        firstMs: batch.firstMs,
        lastMs: batch.lastMs,
        start: size,
        end: (size += parts.size),
      };
      filled.push({ batch, parts, chunk });
    }
    if (filled.length === 0) return;
    const bytes = Buffer.allocUnsafeSlow(size);
    for (const { batch, parts, chunk } of filled) {
      batch.write(parts, bytes, chunk.start);
      batch.clear();
      chunks.push(chunk);
    }
    const weight = this.#pendingBytes;
    this.#unwrittenBytes += weight;
    this.#pendingBytes = 0;
    this.#worker.postMessage({ type: 'write', chunks, bytes, weight } satisfies ToWorker, [bytes.buffer]);
    this.#options.onSent?.(size);
  }

  /**
   * Reads the stored records that match, in the order in which they were printed. Passes them to `onRecords` in
   * batches, each after the promise of the previous call has resolved. Rejects with what `onRecords` throws,
   * `LAM_LOGS_UNAVAILABLE` or `LAM_LOGS_READ_FAILED`.
   */
  query(
    functionName: FunctionName,
    query: LogQuery,
    onRecords: (records: readonly LogRecord[]) => void | Promise<void>,
  ): Promise<void> {
    this.flush();
    if (this.#ended) return Promise.reject(lamError('LAM_LOGS_UNAVAILABLE', {}));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const take = async (answer: Answer): Promise<void> => {
        if (answer.type !== 'records') throw refusalOf(answer);
        if (answer.records.length > 0) await onRecords(answer.records);
        if (!answer.done && !this.#ended) this.#send({ type: 'more', id });
        else this.#answers.delete(id);
        if (answer.done) resolve();
        else if (this.#ended) throw lamError('LAM_LOGS_UNAVAILABLE', {});
      };
      this.#answers.set(id, (answer) => {
        take(answer).catch((error: unknown) => {
          this.#answers.delete(id);
          if (!this.#ended) this.#send({ type: 'enough', id });
          reject(asLamError(error));
        });
      });
      this.#send({ type: 'query', id, functionName, query });
    });
  }

  /**
   * Calls `onRecord` for every matching record from now on. Together with a {@link LogStore.query} started in the same
   * turn it delivers each record exactly once. Returns a function that ends it.
   */
  follow(functionName: FunctionName, query: LogQuery, onRecord: (record: LogRecord) => void): () => void {
    this.flush();
    const listener = (record: LogRecord): void => {
      if (matches(record, query)) onRecord(record);
    };
    const set = this.#followers.get(functionName) ?? new Set();
    this.#followers.set(functionName, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#followers.get(functionName) === set) this.#followers.delete(functionName);
    };
  }

  /** Deletes all records of a function. Rejects with `LAM_LOGS_READ_FAILED` when SQLite fails. Idempotent. */
  async delete(functionName: FunctionName): Promise<void> {
    this.flush();
    const answer = await this.#ask((id) => ({ type: 'delete', id, functionName }));
    if (answer.type === 'failed') throw refusalOf(answer);
  }

  /** Size of the records by function, and of the file (bytes); nothing when the worker has ended. */
  async sizes(): Promise<{ readonly sizes: Readonly<Record<string, number>>; readonly total: number }> {
    this.flush();
    const answer = await this.#ask((id) => ({ type: 'sizes', id }));
    return answer.type === 'sizes' ? { sizes: answer.sizes, total: answer.total } : { sizes: {}, total: 0 };
  }

  /** Writes waiting records and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The process must stay alive until everything is written.
    this.#worker.ref();
    this.#stopTimer();
    this.flush();
    await this.#ask((id) => ({ type: 'close', id }));
    this.#end();
    await this.#worker.terminate();
  }

  #batchOf(functionName: FunctionName): RecordBatch {
    let batch = this.#pending.get(functionName);
    if (batch === undefined) {
      batch = new RecordBatch();
      this.#pending.set(functionName, batch);
    }
    return batch;
  }

  #noteAdded(bytes: number): void {
    this.#pendingBytes += bytes;
    if (this.#pendingBytes >= FLUSH_BYTES) this.flush();
  }

  #tell(functionName: FunctionName, record: LogRecord): void {
    const followers = this.#followers.get(functionName);
    if (followers !== undefined) for (const follower of followers) follower(record);
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #ask(make: (id: number) => ToWorker): Promise<Answer> {
    const id = this.#nextId++;
    if (this.#ended) return Promise.resolve({ type: 'done', id });
    return new Promise((resolve) => {
      this.#answers.set(id, (answer) => {
        this.#answers.delete(id);
        resolve(answer);
      });
      this.#send(make(id));
    });
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'set-aside') this.#tellSetAside(message.setAside);
    else if (message.type === 'written') this.#onWritten(message);
    else this.#answers.get(message.id)?.(message);
  }

  #onWritten({ weight, failure, setAside }: Extract<FromWorker, { type: 'written' }>): void {
    const { onTrouble } = this.#options;
    this.#unwrittenBytes -= weight;
    if (setAside !== undefined) this.#tellSetAside(setAside);
    if (failure !== undefined) {
      // Reported once, not at each flush.
      if (this.#lostBytes === 0) onTrouble(`logs could not be written and are lost until they can be: ${failure}`);
      this.#lostBytes += weight;
    } else if (this.#lostBytes > 0) {
      onTrouble(`logs are written again; about ${this.#lostBytes} bytes of them were lost`);
      this.#lostBytes = 0;
    }
    if (this.#unwrittenBytes + this.#pendingBytes <= PRESSURE_BYTES / 2) this.#relieve();
  }

  #tellSetAside(name: string): void {
    this.#options.onTrouble(`the log file was damaged; it is kept as ${name} and a new one was begun`);
  }

  #relieve(): void {
    for (const run of this.#relief.splice(0)) run();
  }

  #onDeath(why: string): void {
    if (this.#ended) return;
    this.#stopTimer();
    this.#end();
    this.#options.onTrouble(`the log thread ended; nothing is stored until the next start: ${why}`);
  }

  /** Discards waiting records and answers pending questions; nothing is stored from now on. */
  #end(): void {
    this.#ended = true;
    for (const [id, answer] of this.#answers) answer({ type: 'done', id });
    this.#answers.clear();
    this.#pending.clear();
    this.#pendingBytes = 0;
    this.#unwrittenBytes = 0;
    this.#relieve();
  }
}

function refusalOf(answer: Answer): LamError {
  return answer.type === 'failed'
    ? lamError('LAM_LOGS_READ_FAILED', { why: answer.why })
    : lamError('LAM_LOGS_UNAVAILABLE', {});
}
