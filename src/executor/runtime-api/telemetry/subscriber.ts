import type { Clock } from '../../../kit/index.ts';
import { Room } from './room.ts';
import type { TelemetryDestination, TelemetryWish } from './subscription.ts';

/**
 * Brings a batch to a listener inside the sandbox; resolves to whether it took it. Never rejects. `unwanted`: is aborted
 * when nobody waits for it any longer.
 */
export type DeliverTelemetry = (to: TelemetryDestination, batch: Buffer, unwanted?: AbortSignal) => Promise<boolean>;

/** Attempts at one batch before it is dropped. */
const ATTEMPTS = 3;
/** Events of a listener that does not keep up are dropped beyond this many full batches. */
const FULL_BATCHES = 4;

/** Collects the events of one subscription and delivers them in batches, in order, one batch at a time. */
export class Subscriber {
  readonly wish: TelemetryWish;
  readonly #clock: Clock;
  readonly #deliver: DeliverTelemetry;
  readonly #room: Room;
  #events: string[] = [];
  #bytes = 0;
  #cancelTimer: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #dropped = { records: 0, bytes: 0 };
  readonly #closed = new AbortController();

  /** `room`: shared with the other subscribers of the sandbox. */
  // oxlint-disable-next-line max-params -- these four come from four sources
  constructor(wish: TelemetryWish, clock: Clock, deliver: DeliverTelemetry, room = new Room(Infinity)) {
    this.wish = wish;
    this.#clock = clock;
    this.#deliver = deliver;
    this.#room = room;
  }

  /** Adds an event, as JSON text. */
  add(event: string): void {
    const { maxItems, maxBytes, timeoutMs } = this.wish;
    const bytes = Buffer.byteLength(event);
    if (
      this.#isClosed ||
      this.#bytes + bytes > maxBytes * FULL_BATCHES ||
      this.#events.length >= maxItems * FULL_BATCHES ||
      !this.#room.take(bytes)
    ) {
      this.#dropped.records += 1;
      this.#dropped.bytes += bytes;
      return;
    }
    this.#events.push(event);
    this.#bytes += bytes;
    if (this.#events.length >= maxItems || this.#bytes >= maxBytes) this.#start();
    else this.#cancelTimer ??= this.#clock.after(timeoutMs, () => this.#start());
  }

  /** Delivers what has been collected; resolves when it was, or was dropped. */
  async flush(): Promise<void> {
    this.#start();
    await this.#sending;
  }

  /** Drops what is left, and ends the delivery under way: subscribing again and again must not add up connections. */
  close(): void {
    this.#closed.abort();
    this.#cancelTimer?.();
    this.#events = [];
    this.#room.give(this.#bytes);
    this.#bytes = 0;
  }

  get #isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  #start(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      // Events that came meanwhile wait for their time.
      if (this.#events.length > 0) this.#cancelTimer ??= this.#clock.after(this.wish.timeoutMs, () => this.#start());
    });
  }

  async #send(): Promise<void> {
    while (this.#events.length > 0 && !this.#isClosed) {
      const { batch, size } = this.#take();
      const text = Buffer.from(this.wish.destination.via === 'TCP' ? `${batch.join('\n')}\n` : `[${batch.join(',')}]`);
      const isTaken = await this.#attempt(text);
      this.#room.give(size);
      if (!isTaken) {
        this.#dropped.records += batch.length;
        this.#dropped.bytes += text.length;
      }
      // A full batch does not wait for more.
      if (this.#events.length < this.wish.maxItems && this.#bytes < this.wish.maxBytes) return;
    }
  }

  /** Delivers a batch, in several attempts if need be; resolves to whether it was taken. */
  async #attempt(batch: Buffer): Promise<boolean> {
    for (let attempt = 1; !this.#isClosed; attempt += 1) {
      if (await this.#deliver(this.wish.destination, batch, this.#closed.signal)) return true;
      if (attempt === ATTEMPTS || this.#isClosed) return false;
      await this.#pause();
    }
    return false;
  }

  /** Takes one batch within the limits, after a record of what was dropped before it. */
  #take(): { readonly batch: readonly string[]; readonly size: number } {
    const { records, bytes } = this.#dropped;
    const batch: string[] = [];
    if (records > 0) {
      const record = { droppedRecords: records, droppedBytes: bytes, reason: 'Consumer seems to have fallen behind' };
      batch.push(
        JSON.stringify({ time: new Date(this.#clock.now()).toISOString(), type: 'platform.logsDropped', record }),
      );
      this.#dropped = { records: 0, bytes: 0 };
    }
    let taken = 0;
    let size = 0;
    for (const event of this.#events) {
      const length = Buffer.byteLength(event);
      if (taken === this.wish.maxItems || (taken > 0 && size + length > this.wish.maxBytes)) break;
      taken += 1;
      size += length;
    }
    batch.push(...this.#events.splice(0, taken));
    this.#bytes -= size;
    return { batch, size };
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(this.wish.timeoutMs, resolve));
  }
}
