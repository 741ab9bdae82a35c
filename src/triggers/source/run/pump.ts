import { LIMITS } from '../../../contract/index.ts';
import { messageOf } from '../../../errors/index.ts';
import type { TriggerHost, TriggerOutcome, TriggerReport } from '../../running.ts';
import { batchId, failedByAnswer } from './batch.ts';
import { Lanes, type LaneEntry } from './lanes.ts';
import type { DeathCause, Inbox, SourceConnection, SourceMessage } from './message.ts';

export interface PumpSettings {
  readonly batchSize: number;
  readonly windowMs: number;
  /** Most batches that run at the same time. With 1, all messages are ordered. */
  readonly parallelism: number;
  readonly maxRetries: number;
  /** Pause before the first retry (ms); doubles with each. */
  readonly retryDelayMs: number;
  /** Whether the handler may name messages that failed. */
  readonly countsItemFailures: boolean;
  /** Whether a message passes the filters. */
  matches(message: SourceMessage): boolean;
}

/** What a pump works with. */
export interface PumpParts<M extends SourceMessage> {
  readonly settings: PumpSettings;
  readonly connection: SourceConnection<M>;
  readonly host: Pick<TriggerHost, 'clock' | 'fire' | 'failed' | 'count'>;
}

/** Longest pause before a retry (ms). */
const LONGEST_RETRY_MS = 60_000;
/** Bounds of the pause after a refusal (ms); it doubles with each in a row. */
const FIRST_REFUSAL_MS = 100;
const LONGEST_REFUSAL_MS = 10_000;

/** Share of an event for records (bytes); the rest is for what surrounds them. */
const RECORD_BYTES = LIMITS.payloadBytes - 4096;

const NONE_FAILED: ReadonlySet<number> = new Set();

/** Key of all messages when only one batch may run. */
const ONE_LANE = '';

/** Kinds of refusals that another attempt cannot change. */
const FINAL_REFUSALS: readonly string[] = ['invalid_argument', 'too_large'];

/**
 * Moves messages from a connection to the function: filters them, gathers batches, acknowledges after success, retries
 * failures with backoff and hands messages that keep failing to the source's dead letters. Messages with the same key
 * run in order, and a failing one holds back those behind it. A message is never dead before it failed here by itself.
 */
export class Pump<M extends SourceMessage> implements Inbox<M> {
  readonly #settings: PumpSettings;
  readonly #connection: SourceConnection<M>;
  readonly #host: PumpParts<M>['host'];
  readonly #capacity: number;
  /** Neither acknowledged nor dead. */
  readonly #messages = new Set<M>();
  readonly #lanes = new Lanes<M>();
  /** Entries that wait for their retry, each list with the function that cancels its timer. */
  readonly #resting = new Map<readonly LaneEntry<M>[], () => void>();
  /** Acknowledgements and dead letters under way. */
  readonly #settling = new Set<Promise<void>>();
  readonly #roomWaiters = new Set<() => void>();
  #running = 0;
  #onIdle: (() => void) | undefined;
  #cancelWindow: (() => void) | undefined;
  /** Refusals in a row, and the end of the pause after them. */
  #refusals = 0;
  #cancelRefusal: (() => void) | undefined;
  #isOpen = true;

  constructor({ settings, connection, host }: PumpParts<M>) {
    this.#settings = settings;
    this.#connection = connection;
    this.#host = host;
    this.#capacity = connection.capacity ?? capacityOf(settings);
  }

  /** What is so now. */
  get now(): Required<Pick<TriggerReport, 'running' | 'held'>> {
    return { running: this.#running, held: this.#messages.size };
  }

  get room(): number {
    return this.#isOpen ? Math.max(0, this.#capacity - this.#messages.size) : 0;
  }

  held(): readonly M[] {
    return [...this.#messages];
  }

  roomFor(signal: AbortSignal): Promise<void> {
    if (this.room > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#roomWaiters.delete(done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.#roomWaiters.add(done);
    });
  }

  offer(messages: readonly M[]): void {
    if (!this.#isOpen) return;
    const { parallelism } = this.#settings;
    this.#host.count('received', messages.length);
    const filtered: M[] = [];
    for (const message of messages) {
      this.#messages.add(message);
      if (!this.#settings.matches(message)) {
        filtered.push(message);
        continue;
      }
      const key = parallelism === 1 ? ONE_LANE : message.key;
      const arrivedAt = this.#host.clock.monotonic();
      this.#lanes.push({ message, key, arrivedAt, failures: 0, isAlone: false });
    }
    this.#host.count('filtered', filtered.length);
    this.#acknowledge(filtered, undefined);
    this.#next();
  }

  /**
   * Takes and starts nothing more; waits until running batches have settled and are acknowledged. Returns the messages
   * that have not been handled.
   */
  async drain(): Promise<readonly M[]> {
    this.#isOpen = false;
    this.#cancelWindow?.();
    this.#cancelRefusal?.();
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await Promise.all(this.#settling);
    const resting = [...this.#resting].flatMap(([entries, cancel]) => {
      cancel();
      return entries;
    });
    this.#resting.clear();
    return [...resting, ...this.#lanes.drain()].map(({ message }) => message);
  }

  /** Starts all batches that are due, and sets the timer for the next one. */
  #next(): void {
    const { batchSize, windowMs, parallelism } = this.#settings;
    this.#cancelWindow?.();
    this.#cancelWindow = undefined;
    while (this.#isOpen && this.#cancelRefusal === undefined && this.#running < parallelism) {
      const { ready } = this.#lanes;
      if (ready === undefined) return;
      const waitMs = ready.since + windowMs - this.#host.clock.monotonic();
      if (waitMs > 0 && !ready.isAlone && ready.count < batchSize && ready.bytes < RECORD_BYTES) {
        this.#cancelWindow = this.#host.clock.after(waitMs, () => this.#next());
        return;
      }
      this.#run(this.#lanes.take(batchSize, RECORD_BYTES));
    }
  }

  #run(batch: readonly LaneEntry<M>[]): void {
    this.#running++;
    const messages = batch.map(({ message }) => message);
    const attempt = Math.max(...batch.map(({ message, failures }) => message.deliveries + failures));
    this.#host.count('retried', batch.filter(({ failures }) => failures > 0).length);
    const event = Buffer.from(this.#connection.eventOf(messages));
    this.#host.fire(
      { id: batchId(messages), event, attempt },
      {
        settled: (outcome) => {
          this.#running--;
          try {
            this.#settled(batch, outcome);
          } catch (error) {
            // No fault of a source may keep the pump from ending.
            this.#host.failed(error);
          } finally {
            this.#next();
            if (this.#running === 0) this.#onIdle?.();
          }
        },
      },
    );
  }

  #settled(batch: readonly LaneEntry<M>[], outcome: TriggerOutcome): void {
    if (outcome.kind === 'refused' && !FINAL_REFUSALS.includes(outcome.error.kind)) {
      this.#again(batch, 0);
      this.#pauseAfterRefusal(outcome.error.details['retryAfterMs']);
      return;
    }
    this.#refusals = 0;
    const failed =
      outcome.kind !== 'success'
        ? undefined
        : this.#settings.countsItemFailures
          ? failedByAnswer(
              outcome.payload,
              batch.map(({ message }) => message),
            )
          : NONE_FAILED;
    if (failed === undefined) this.#failedWhole(batch, outcome);
    else this.#sort(batch, failed, outcome);
  }

  /** A batch failed as a whole. Its messages run again, each by itself, so that the faulty one harms no other. */
  #failedWhole(batch: readonly LaneEntry<M>[], outcome: TriggerOutcome): void {
    if (batch.length === 1) return this.#sort(batch, new Set([0]), outcome);
    this.#host.count('failed', batch.length);
    for (const entry of batch) {
      entry.failures++;
      entry.isAlone = true;
    }
    this.#again(batch, this.#delayOf(batch));
  }

  /** Acknowledges, retries or gives up the messages of a batch; `failed` has the indexes of those that failed. */
  #sort(batch: readonly LaneEntry<M>[], failed: ReadonlySet<number>, outcome: TriggerOutcome): void {
    const handled: M[] = [];
    const again: LaneEntry<M>[] = [];
    const keysAgain = new Set<string>();
    for (const [n, entry] of batch.entries()) {
      const { message, key } = entry;
      if (failed.has(n)) {
        entry.failures++;
        this.#host.count('failed');
        const attempts = message.deliveries - 1 + entry.failures;
        if (outcome.kind === 'refused' || attempts > this.#settings.maxRetries) {
          this.#bury(message, causeOf(outcome, attempts));
          continue;
        }
      } else if (key === undefined || !keysAgain.has(key)) {
        handled.push(message);
        continue;
      }
      // Also a message that succeeded behind a failed one of its key: it is repeated to keep the order.
      again.push(entry);
      if (key !== undefined) keysAgain.add(key);
    }
    this.#host.count('succeeded', handled.length);
    this.#acknowledge(handled, outcome.kind === 'success' ? outcome.payload : undefined);
    this.#again(again, this.#delayOf(again));
    for (const { key } of batch) if (key === undefined || !keysAgain.has(key)) this.#lanes.release(key);
  }

  #delayOf(entries: readonly LaneEntry<M>[]): number {
    const failures = Math.max(1, ...entries.map((entry) => entry.failures));
    return Math.min(LONGEST_RETRY_MS, this.#settings.retryDelayMs * 2 ** (failures - 1));
  }

  /** Puts entries back to the head of their lanes, which stay closed for `delayMs`. */
  #again(batch: readonly LaneEntry<M>[], delayMs: number): void {
    for (const [key, entries] of Map.groupBy(batch, (entry) => entry.key)) {
      const back = (): void => {
        this.#resting.delete(entries);
        this.#lanes.putBack(entries);
        this.#lanes.release(key);
        this.#next();
      };
      this.#resting.set(entries, this.#isOpen ? this.#host.clock.after(delayMs, back) : () => undefined);
    }
  }

  /** @param known how long to pause (ms), if the refusal says so */
  #pauseAfterRefusal(known: unknown): void {
    if (!this.#isOpen || this.#cancelRefusal !== undefined) return;
    const usual = FIRST_REFUSAL_MS * 2 ** this.#refusals++;
    const pauseMs = Math.min(LONGEST_REFUSAL_MS, typeof known === 'number' ? known : usual);
    this.#cancelRefusal = this.#host.clock.after(pauseMs, () => {
      this.#cancelRefusal = undefined;
      this.#next();
    });
  }

  #acknowledge(messages: readonly M[], answer: Uint8Array | undefined): void {
    if (messages.length > 0) this.#settle(messages, this.#connection.acknowledge(messages, answer));
  }

  #bury(message: M, cause: DeathCause): void {
    this.#host.count('dead');
    this.#settle([message], this.#connection.deadLetter(message, cause));
  }

  /** Forgets messages once the source has confirmed that they are settled. */
  #settle(messages: readonly M[], confirmed: Promise<void>): void {
    const settling = confirmed.then(
      () => {
        for (const message of messages) this.#messages.delete(message);
        for (const wake of [...this.#roomWaiters]) wake();
      },
      (error: unknown) => this.#host.failed(error),
    );
    this.#settling.add(settling);
    void settling.then(() => this.#settling.delete(settling));
  }
}

/** Room for the batches that run and as many that are gathered meanwhile. */
export function capacityOf({ batchSize, parallelism }: Pick<PumpSettings, 'batchSize' | 'parallelism'>): number {
  return 2 * batchSize * parallelism;
}

function causeOf(outcome: TriggerOutcome, attempts: number): DeathCause {
  switch (outcome.kind) {
    case 'success':
      return { attempts, errorType: 'BatchItemFailure', errorMessage: 'the handler named it in batchItemFailures' };
    case 'function-error':
      return { attempts, errorType: outcome.errorType, errorMessage: errorMessageIn(outcome.payload) };
    case 'refused':
      return { attempts, errorType: outcome.error.code, errorMessage: outcome.error.message };
  }
}

/** `errorMessage` of an error document; empty if it has none. */
function errorMessageIn(payload: Uint8Array): string {
  try {
    const { errorMessage } = JSON.parse(Buffer.from(payload).toString()) as { errorMessage?: unknown };
    return typeof errorMessage === 'string' ? errorMessage : '';
  } catch (error) {
    return messageOf(error);
  }
}
