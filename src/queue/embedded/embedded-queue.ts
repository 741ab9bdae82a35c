import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type {
  AsyncCounts,
  AsyncDetail,
  AsyncInvocation,
  AsyncPage,
  AsyncQuery,
  FunctionName,
  NamedVersion,
  RequestId,
} from '../../contract/index.ts';
import { lamError, messageOf, type LamError } from '../../errors/index.ts';
import type { Clock, EpochMs } from '../../kit/index.ts';
import type {
  DeadQuery,
  DeathReport,
  Enqueued,
  InvocationQueue,
  LeaseOutcome,
  Leases,
  LeaseToken,
  QueueBounds,
  QueuedEvent,
  QueueWatcher,
  Settlement,
} from '../queue.ts';
import { OutcomeGathering } from './outcome-gathering.ts';
import type {
  BatchFailure,
  FromQueueWorker,
  Notices,
  Operation,
  OperationName,
  OperationResults,
  Packed,
  QueueWorkerData,
  Retention,
  SetAside,
  ToQueueWorker,
} from './messages.ts';
import { packOperations, unpackYield, type ReceivedYield } from './wire.ts';

/** What {@link EmbeddedQueue.open} needs. */
export interface EmbeddedQueueOptions {
  /** The database file; its folder must exist. */
  readonly file: string;
  /** Script of the worker thread. */
  readonly worker: string;
  readonly clock: Clock;
  /** Default: {@link DEFAULT_RETENTION}. */
  readonly retention?: Retention;
  /** Called with one sentence when a file was moved aside or the thread ended. */
  readonly onTrouble: (what: string) => void;
}

/** How long finished invocations are kept by default. */
const DEFAULT_RETENTION: Retention = {
  count: 100_000,
  bytes: 256 * 1024 * 1024,
  ageMs: 7 * 86_400_000,
  deadAgeMs: 14 * 86_400_000,
};

/**
 * Batches that the worker has at a time: with one, all calls that arrive during a flush share the next. So many calls
 * are enough for a second one, with which the worker goes on while this thread takes the answers to the first.
 */
const BATCHES = 2;
const ENOUGH_FOR_SECOND = 128;
/** Operations of one batch. */
const BATCH_SIZE = 1024;
/** Limit of events that wait to be stored (bytes). */
const WAITING_BYTES = 64 * 1024 * 1024;
/** Dead letters that one operation redrives or deletes, so that enqueued events do not wait for all. */
const DEAD_AT_ONCE = 500;

/** An operation with the promise of its caller. */
interface Call {
  readonly operation: Operation;
  readonly bytes: number;
  readonly resolve: (result: never) => void;
  readonly reject: (error: LamError) => void;
}

/**
 * A queue in one SQLite file, which this process alone uses. A worker thread runs the calls that arrived while it was
 * busy in one transaction with one flush (group commit). The thread starts with the first call, or at once if the file
 * exists, because events may wait in it.
 */
export class EmbeddedQueue implements InvocationQueue {
  readonly #options: EmbeddedQueueOptions;
  readonly #watchers = new Set<QueueWatcher>();
  /** Functions that were ready before anyone watched. */
  readonly #unannounced = new Set<FunctionName>();
  #worker: Worker | undefined;
  #waiting: Call[] = [];
  #waitingBytes = 0;
  /** Batches at the worker, oldest first. */
  readonly #sent: (readonly Call[])[] = [];
  #isFlushDue = false;
  /** Whether an operation waits that others do not hold up. */
  #isUrgent = false;
  readonly #outcomes: OutcomeGathering;
  /** Why nothing can be called any more. */
  #ended: LamError | undefined;
  #closing: Promise<void> | undefined;
  #onClosed: () => void = () => undefined;

  private constructor(options: EmbeddedQueueOptions) {
    this.#options = options;
    this.#outcomes = new OutcomeGathering(options.clock, () => this.#flush());
  }

  static open(options: EmbeddedQueueOptions): EmbeddedQueue {
    const queue = new EmbeddedQueue(options);
    // Opens the file, which announces the functions with waiting events; a failure is the next caller's too.
    if (existsSync(options.file)) queue.counts().catch((error: unknown) => options.onTrouble(messageOf(error)));
    return queue;
  }

  enqueue(event: QueuedEvent, bounds?: QueueBounds): Promise<Enqueued> {
    const bytes = event.event.byteLength;
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > WAITING_BYTES)
      return Promise.reject(lamError('LAM_QUEUE_OVERLOADED', { bytes: WAITING_BYTES }));
    // A copy of its own, which is moved to the worker.
    return this.#call({ name: 'enqueue', event: { ...event, event: new Uint8Array(event.event) }, bounds }, bytes);
  }

  lease(functionName: FunctionName, max: number, leaseMs: number): Promise<Leases> {
    return this.#call({ name: 'lease', functionName, max, leaseMs });
  }

  extend(token: LeaseToken, leaseMs: number): Promise<LeaseOutcome> {
    return this.#call({ name: 'extend', token, leaseMs });
  }

  settle(token: LeaseToken, settlement: Settlement): Promise<LeaseOutcome> {
    return this.#call({ name: 'settle', token, settlement });
  }

  deadLetter(token: LeaseToken, death: DeathReport): Promise<LeaseOutcome> {
    return this.#call({ name: 'deadLetter', token, death });
  }

  get(id: RequestId): Promise<AsyncDetail | undefined> {
    return this.#call({ name: 'get', id });
  }

  eventOf(id: RequestId): Promise<QueuedEvent | undefined> {
    return this.#call({ name: 'eventOf', id });
  }

  list(query: AsyncQuery): Promise<AsyncPage> {
    return this.#call({ name: 'list', query });
  }

  versionsNamed(): Promise<readonly NamedVersion[]> {
    if (this.#isUnused) return Promise.resolve([]);
    return this.#call({ name: 'versionsNamed' });
  }

  counts(): Promise<Readonly<Record<string, AsyncCounts>>> {
    if (this.#isUnused) return new Promise((resolve) => setImmediate(resolve, {}));
    return this.#call({ name: 'counts' });
  }

  cancel(id: RequestId): Promise<AsyncInvocation | undefined> {
    return this.#call({ name: 'cancel', id });
  }

  redrive(query: DeadQuery, expiresAt: EpochMs): Promise<number> {
    return this.#untilNone(() => this.#call({ name: 'redrive', query, expiresAt, limit: DEAD_AT_ONCE }));
  }

  purge(query: DeadQuery): Promise<number> {
    return this.#untilNone(() => this.#call({ name: 'purge', query, limit: DEAD_AT_ONCE }));
  }

  watch(watcher: QueueWatcher): () => void {
    this.#watchers.add(watcher);
    if (watcher.ready !== undefined) {
      const ready = [...this.#unannounced];
      this.#unannounced.clear();
      for (const functionName of ready) watcher.ready(functionName);
    }
    return () => void this.#watchers.delete(watcher);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Without a file there is no event. To ask makes none, which a full disk would refuse. */
  get #isUnused(): boolean {
    return (
      this.#ended === undefined &&
      this.#closing === undefined &&
      this.#worker === undefined &&
      this.#waiting.length === 0 &&
      !existsSync(this.#options.file)
    );
  }

  async #close(): Promise<void> {
    if (this.#waiting.length > 0 && this.#ended === undefined) this.#worker ??= this.#start();
    const worker = this.#worker;
    if (worker !== undefined && this.#ended === undefined) {
      // The process must stay alive until everything is written.
      worker.ref();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onClosed = resolve;
      while (this.#waiting.length > 0) this.#send(worker);
      worker.postMessage({ type: 'close' } satisfies ToQueueWorker);
      await promise;
    }
    this.#end(lamError('LAM_QUEUE_UNAVAILABLE', {}));
    await worker?.terminate();
  }

  async #untilNone(some: () => Promise<number>): Promise<number> {
    let total = 0;
    let count: number;
    do {
      count = await some();
      total += count;
    } while (count === DEAD_AT_ONCE);
    return total;
  }

  #call<N extends OperationName>(operation: Operation & { readonly name: N }, bytes = 0): Promise<OperationResults[N]> {
    const ended = this.#ended ?? (this.#closing && lamError('LAM_QUEUE_UNAVAILABLE', {}));
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operation, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      if (operation.name === 'settle') this.#outcomes.count();
      else this.#isUrgent = true;
      if (this.#isFlushDue || !this.#maySend || this.#mayWait) return;
      this.#isFlushDue = true;
      // Together with the other calls of this turn.
      setImmediate(() => this.#flush());
    });
  }

  /** Whether the worker takes another batch now. */
  get #maySend(): boolean {
    const { length } = this.#sent;
    return length === 0 || (length < BATCHES && this.#waiting.length >= ENOUGH_FOR_SECOND);
  }

  /** Whether what waits is sent a little later. */
  get #mayWait(): boolean {
    return !this.#isUrgent && this.#outcomes.waits(this.#waiting.length);
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#ended === undefined && this.#maySend && this.#waiting.length > 0) {
      this.#send((this.#worker ??= this.#start()));
    }
  }

  #send(worker: Worker): void {
    const calls = this.#waiting.splice(0, BATCH_SIZE);
    if (this.#waiting.length === 0) this.#isUrgent = false;
    this.#outcomes.sent();
    this.#sent.push(calls);
    const operations = packOperations(calls.map(({ operation }) => operation));
    const message: ToQueueWorker = { type: 'batch', now: this.#options.clock.now(), operations };
    worker.postMessage(message, operations.buffers);
  }

  #start(): Worker {
    const { file, worker: script, retention = DEFAULT_RETENTION } = this.#options;
    const workerData: QueueWorkerData = { file, retention };
    const worker = new Worker(script, { workerData, execArgv: ['--no-warnings'] });
    worker.unref();
    worker.on('message', (message: FromQueueWorker) => {
      if (message.type === 'closed') this.#onClosed();
      else this.#onDone(message);
    });
    worker.on('error', (error) => this.#onDeath(messageOf(error)));
    worker.on('exit', () => this.#onDeath('it ended by itself'));
    return worker;
  }

  #onDone({ yielded, failure, setAside }: Extract<FromQueueWorker, { type: 'done' }>): void {
    const calls = this.#sent.shift() ?? [];
    for (const { bytes } of calls) this.#waitingBytes -= bytes;
    if (!this.#mayWait) this.#flush();
    if (setAside !== undefined) this.#tellSetAside(setAside);
    if (failure !== undefined) {
      const error = this.#errorOf(failure);
      for (const { reject } of calls) reject(error);
    } else if (yielded !== undefined) {
      this.#received(calls, yielded);
    }
  }

  #received(calls: readonly Call[], yielded: Packed): void {
    let received: ReceivedYield;
    try {
      received = unpackYield(yielded);
    } catch (error) {
      // Stored facts are damaged. What was leased is available again when the leases end.
      const damage = lamError('LAM_QUEUE_FAILED', { why: messageOf(error) });
      for (const { reject } of calls) reject(damage);
      return;
    }
    calls.forEach(({ resolve }, i) => resolve(received.results[i] as never));
    this.#tell(received.notices);
  }

  #tell({ ready, finished }: Notices): void {
    let isHeard = false;
    for (const watcher of this.#watchers) {
      isHeard ||= watcher.ready !== undefined;
      if (watcher.ready !== undefined) for (const functionName of ready) watcher.ready(functionName);
      if (watcher.finished !== undefined) for (const { id, state } of finished) watcher.finished(id, state);
    }
    if (!isHeard) for (const functionName of ready) this.#unannounced.add(functionName);
  }

  #tellSetAside({ cause, path, salvaged }: SetAside): void {
    const was = cause === 'damaged' ? 'was damaged' : 'is of a newer lam';
    this.#options.onTrouble(
      `the file of asynchronous invocations ${was}; it is kept as ${path} and a new one was begun${salvaged === 0 ? '' : `, with ${salvaged} waiting events of it`}`,
    );
  }

  #errorOf({ cause, why }: BatchFailure): LamError {
    const path = this.#options.file;
    if (cause === 'full') return lamError('LAM_STORE_DISK_FULL', { path });
    return cause === 'disk' ? lamError('LAM_STORE_DISK_ERROR', { path }) : lamError('LAM_QUEUE_FAILED', { why });
  }

  #onDeath(why: string): void {
    if (this.#ended !== undefined) return;
    this.#options.onTrouble(`the thread of asynchronous invocations ended; none runs until the next start: ${why}`);
    this.#end(lamError('LAM_QUEUE_UNAVAILABLE', {}));
    this.#onClosed();
  }

  /** Rejects pending calls, and all later ones. */
  #end(error: LamError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    const pending = [...this.#sent.flat(), ...this.#waiting];
    this.#sent.length = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { reject } of pending) reject(error);
  }
}
