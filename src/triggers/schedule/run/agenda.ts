import type { Clock, EpochMs } from '../../../kit/index.ts';

/** What an {@link Agenda} calls at planned times. */
export interface AgendaEntry {
  /** Its time has come. Must be quick: all entries of the same time are called before any is planned anew. */
  due(now: EpochMs): void;
  /** Returns its next time; undefined if there is none. */
  plan(now: EpochMs): EpochMs | undefined;
}

/** Longest sleep (ms): so soon a clock that was set, or a machine that woke up, is noticed. Also far below 2^31 ms. */
const MOST_SLEEP_MS = 10_000;
/** The wall clock is corrected by less all the time (ms). */
const LEAST_SET_BACK_MS = 1000;
/** After this much work at a time others have their turn (ms). */
const SLICE_MS = 10;

interface Slot {
  readonly at: EpochMs;
  readonly entry: AgendaEntry;
}

/** Calls entries at wall-clock times, with one timer for all of them, which runs only while there are any. */
export class Agenda {
  readonly #clock: Clock;
  /** A heap by time; slots whose time is no longer that of their entry are void. */
  readonly #slots: Slot[] = [];
  readonly #times = new Map<AgendaEntry, EpochMs>();
  /** Entries that were called and have no new time yet. */
  #called: AgendaEntry[] = [];
  #cancelTimer: (() => void) | undefined;
  #isAwake = false;
  /** Difference between wall clock and monotonic clock when it last woke (ms). */
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Sets the time of an entry, adding it if it is new; removes it if undefined. */
  set(entry: AgendaEntry, at: EpochMs | undefined): void {
    if (at === undefined) this.#times.delete(entry);
    else {
      this.#times.set(entry, at);
      push(this.#slots, { at, entry });
      if (this.#slots.length > 2 * this.#times.size + 64) this.#rebuild();
    }
    if (!this.#isAwake) this.#sleep();
  }

  remove(entry: AgendaEntry): void {
    this.#called = this.#called.filter((one) => one !== entry);
    this.set(entry, undefined);
  }

  #wake(): void {
    this.#isAwake = true;
    this.#noticeSetBack();
    const end = this.#clock.monotonic() + SLICE_MS;
    do {
      const now = this.#clock.now();
      const entry = this.#takeDue(now);
      if (entry !== undefined) {
        this.#called.push(entry);
        entry.due(now);
        continue;
      }
      // Planning takes longer than a call, so it waits until everything that is due has been called.
      const called = this.#called.pop();
      if (called === undefined) break;
      this.set(called, called.plan(now));
    } while (this.#clock.monotonic() < end);
    this.#isAwake = false;
    this.#sleep();
  }

  /** Plans everything anew if the wall clock was set back. */
  #noticeSetBack(): void {
    const now = this.#clock.now();
    const offset = now - this.#clock.monotonic();
    const isSetBack = offset < this.#offset - LEAST_SET_BACK_MS;
    this.#offset = offset;
    if (isSetBack) for (const entry of [...this.#times.keys()]) this.set(entry, entry.plan(now));
  }

  #takeDue(now: EpochMs): AgendaEntry | undefined {
    const first = this.#first();
    if (first === undefined || first.at > now) return undefined;
    pop(this.#slots);
    this.#times.delete(first.entry);
    return first.entry;
  }

  /** The next slot that is not void. */
  #first(): Slot | undefined {
    for (let slot = this.#slots[0]; slot !== undefined; slot = this.#slots[0]) {
      if (this.#times.get(slot.entry) === slot.at) return slot;
      pop(this.#slots);
    }
    return undefined;
  }

  #rebuild(): void {
    this.#slots.length = 0;
    for (const [entry, at] of this.#times) push(this.#slots, { at, entry });
  }

  #sleep(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const at = this.#called.length > 0 ? 0 : this.#first()?.at;
    if (at === undefined) return;
    const ms = Math.min(Math.max(at - this.#clock.now(), 0), MOST_SLEEP_MS);
    this.#cancelTimer = this.#clock.after(ms, () => this.#wake());
  }
}

function push(heap: Slot[], slot: Slot): void {
  let at = heap.push(slot) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Slot;
    if (above.at <= slot.at) break;
    heap[at] = above;
    heap[parent] = slot;
    at = parent;
  }
}

/** Removes the first slot. */
function pop(heap: Slot[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    if (left !== undefined && right !== undefined && right.at < left.at) child++;
    const below = heap[child];
    if (below === undefined || below.at >= last.at) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
}
