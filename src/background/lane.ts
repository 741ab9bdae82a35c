import type { FunctionName } from '../contract/index.ts';
import { Ewma, Fifo, type Clock, type EpochMs } from '../kit/index.ts';

/** Run time for which events are leased ahead, so that no sandbox has to wait for the queue (ms). */
const AHEAD_MS = 100;
/** Bounds of the events of a function that are leased ahead: while its run time is unknown, and at most. */
const AHEAD_AT_FIRST = 16;
const MOST_AHEAD = 512;
/** Bounds of what one event counts in the shares between functions (ms). */
const COST_MS = [1, 1000] as const;
/** Bounds of the pause of a function that is throttled or cannot be started (ms); it doubles with each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/** The state of one function with events in the queue or running. */
export class Lane<Event> {
  readonly functionName: FunctionName;
  /** Whether events may be due that are not leased. */
  isReady = false;
  isLeasing = false;
  /** Events that are leased and have not been started, oldest first. */
  readonly ahead = new Fifo<Event>();
  /** Events that were started and have not ended. */
  running = 0;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #runMs = new Ewma(0.1);
  #refusals = 0;
  #pausedUntil: EpochMs = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param wake called when a pause or a delay has ended */
  constructor(functionName: FunctionName, clock: Clock, wake: () => void) {
    this.functionName = functionName;
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Whether nothing is known of it that must be kept. */
  get isIdle(): boolean {
    return (
      !this.isReady && !this.isLeasing && this.running === 0 && this.ahead.size === 0 && this.#cancelTimer === undefined
    );
  }

  /** Estimated duration of one event. */
  get costMs(): number {
    return Math.min(COST_MS[1], Math.max(COST_MS[0], this.#runMs.value ?? COST_MS[0]));
  }

  /**
   * How many events it should lease now, if `limit` may run at the same time and `tokens` may begin now; some at a
   * time. What may not begin stays in the queue: events that are held here take the places of other functions'.
   */
  wanted(limit: number, tokens = Infinity): number {
    if (!this.isReady || this.isLeasing || this.#isPaused) return 0;
    const runMs = this.#runMs.value;
    const inTime = runMs === undefined ? AHEAD_AT_FIRST : Math.min(MOST_AHEAD, Math.ceil((limit * AHEAD_MS) / runMs));
    const most = Math.max(1, Math.min(inTime, tokens));
    return this.ahead.size > most / 2 ? 0 : most - this.ahead.size;
  }

  /** How many events it may start now, if `limit` may run at the same time. */
  startable(limit: number): number {
    return this.#isPaused ? 0 : Math.min(limit - this.running, this.ahead.size);
  }

  get #isPaused(): boolean {
    return this.#pausedUntil > this.#clock.now();
  }

  /** Takes note of an event that ran. */
  ran(durationMs: number): void {
    this.#refusals = 0;
    this.#runMs.add(durationMs);
  }

  /**
   * Pauses the lane after an event could not be run, for `waitMs` if that is known, else longer with each time in a row;
   * returns when it goes on. `random` is in [0, 1).
   */
  pause(random: number, waitMs?: number): EpochMs {
    const now = this.#clock.now();
    if (waitMs !== undefined) {
      this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.min(waitMs, LONGEST_PAUSE_MS));
      this.wakeAt(this.#pausedUntil);
      return this.#pausedUntil;
    }
    // Events that were sent together fail together, and count once.
    if (this.#pausedUntil <= now) {
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#refusals++, 20));
      this.#pausedUntil = now + Math.ceil(longest / 2 + (random * longest) / 2);
      this.wakeAt(this.#pausedUntil);
    }
    return this.#pausedUntil;
  }

  /** Makes the lane ready at a time, unless a later call says otherwise; at once, if that has come. */
  wakeAt(at: EpochMs): void {
    this.close();
    // What is leased waits for the end of a pause, whenever the next event is due.
    const waitMs = Math.min(MAX_TIMER_MS, (this.#isPaused ? this.#pausedUntil : at) - this.#clock.now());
    if (waitMs <= 0) {
      this.isReady = true;
      return;
    }
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = undefined;
      this.isReady = true;
      // A timer may be a moment early; the pause may end before the next one is set.
      if (this.#isPaused) this.wakeAt(this.#pausedUntil);
      if (this.#cancelTimer === undefined) this.#wake();
    });
  }

  /** Cancels its timer. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

/** The longest delay of a timer of Node (ms). */
const MAX_TIMER_MS = 2_147_483_647;
