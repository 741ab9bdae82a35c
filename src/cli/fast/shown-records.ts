import type { LogRecord } from '../../contract/log-record.ts';
import type { LogLine } from './log-line.ts';

/** Time after which a record that was sent live is certainly stored (ms). */
const STORED_MS = 10_000;
/** Largest difference between the times of a record and of one stored before it (ms). */
const DISORDER_MS = 10_000;

/** A received record. */
interface Seen {
  /** No other record of the function has it. */
  readonly id: string;
  /** The record's time (ms since the epoch). */
  readonly time: number;
}

/**
 * The records of one function that a follower has received, as far as needed to go on with another daemon without a
 * record lost or doubled. What a killed daemon stored is a prefix of what it sent, or more than that, in the same order.
 * So the last record known to be stored (the anchor) marks the place, and the newer ones are known one by one.
 */
export class ShownRecords {
  readonly #floor: number | undefined;
  #ids = new RecordIds();
  /** `stored`: at first; `live`: only new ones come; `again`: stored ones come that were received before. */
  #phase: 'stored' | 'live' | 'again' = 'stored';
  #anchor: Seen | undefined;
  /** Records after the anchor, in two generations: the younger one has begun at `#youngSince` (ms, monotonic). */
  #old: readonly Seen[] = [];
  #young: Seen[] = [];
  #youngSince = 0;
  /** In phase `again`: ids of the records after the anchor. */
  #known: ReadonlySet<string> = new Set();
  /** In phase `again` until the anchor is met: lines before it. */
  #held: (Seen & { readonly line: LogLine })[] | undefined;

  /** `floor`: only records from this time on were asked for (ms since the epoch). */
  constructor(floor: number | undefined) {
    this.#floor = floor;
  }

  /** Whether the stored records were not all received and none is known: the same question can be asked again. */
  get isEmpty(): boolean {
    return this.#phase === 'stored' && this.#anchor === undefined;
  }

  /** The earliest time to ask for after {@link ShownRecords.resume} (ms since the epoch); undefined for all. */
  get since(): number | undefined {
    if (this.#anchor === undefined) return this.#floor;
    return Math.max(this.#floor ?? 0, Math.floor(this.#anchor.time - DISORDER_MS));
  }

  /** Begins with what another daemon sends. */
  resume(): void {
    this.#phase = 'again';
    this.#ids = new RecordIds();
    this.#known = new Set([...this.#known, ...this.#old.map(({ id }) => id), ...this.#young.map(({ id }) => id)]);
    this.#held = this.#anchor === undefined ? undefined : [];
  }

  /** Takes received lines; returns those to show. `now`: monotonic (ms). */
  take(lines: readonly LogLine[], now: number): readonly LogLine[] {
    if (this.#phase === 'again') return lines.filter((line) => this.#isNew(line));
    const seen = lines.map(({ record }) => this.#ids.identify(record));
    if (this.#phase === 'stored') this.#anchor = seen.at(-1) ?? this.#anchor;
    else this.#addLive(seen, now);
    return lines;
  }

  /** Notes that all stored records were received; returns lines to show that were held back. */
  endStored(): readonly LogLine[] {
    // The anchor is not stored any more: the oldest records were dropped, or all were deleted.
    const held = this.#held?.filter(({ id }) => !this.#known.has(id)) ?? [];
    this.#anchor = this.#held?.at(-1) ?? this.#anchor;
    this.#held = undefined;
    this.#known = new Set();
    this.#old = this.#young = [];
    this.#phase = 'live';
    return held.map(({ line }) => line);
  }

  #addLive(seen: readonly Seen[], now: number): void {
    if (now - this.#youngSince > STORED_MS) {
      this.#anchor = this.#old.at(-1) ?? this.#anchor;
      this.#old = this.#young;
      this.#young = [];
      this.#youngSince = now;
    }
    this.#young.push(...seen);
  }

  #isNew(line: LogLine): boolean {
    const seen = this.#ids.identify(line.record);
    if (this.#held !== undefined) {
      if (seen.id === this.#anchor?.id) this.#held = undefined;
      else this.#held.push({ ...seen, line });
      return false;
    }
    this.#anchor = seen;
    return !this.#known.has(seen.id);
  }
}

/** Records counted apart before the counts of older ones are dropped. */
const COUNTED = 4096;

/** Tells records apart, equal ones by their order. */
class RecordIds {
  #old: ReadonlyMap<number, number> = new Map();
  #young = new Map<number, number>();

  identify({ time, stream, requestId, version, sandbox, text }: LogRecord): Seen {
    const hash = hashOf(`${time} ${stream} ${requestId} ${version} ${sandbox} ${text}`);
    const count = (this.#young.get(hash) ?? this.#old.get(hash) ?? 0) + 1;
    if (this.#young.size > COUNTED) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(hash, count);
    return { id: `${hash}.${count}`, time };
  }
}

/** Returns 53 bits of a hash of the text (cyrb53): fast, spread well, not cryptographic. */
function hashOf(text: string): number {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (low & 0x1f_ffff) + (high >>> 0);
}
