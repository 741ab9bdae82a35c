import type { FunctionName, LogRecord } from '../../../contract/index.ts';
import type { Operations } from '../../../operations/index.ts';
import { streamOf, type StreamParts } from './names.ts';

/** A log event of AWS. */
export interface LogEvent {
  /** 56 digits, in the order of events; unique in a group and the same at each request. */
  readonly id: string;
  readonly stream: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** Which events are wanted, and which of them come first. */
export interface Wanted {
  /** Streams as `streamNamed` reads them; absent: all. */
  readonly streams?: readonly StreamParts[] | undefined;
  readonly streamPrefix?: string | undefined;
  /** Timestamps, milliseconds since the epoch. */
  readonly from: number;
  /** The first timestamp after the wanted ones. */
  readonly to: number;
  /** Ids that wanted ones are greater and less than. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly matches?: ((message: string) => boolean) | undefined;
  readonly limit: number;
  /** Whether the newest are returned if there are more. */
  readonly isNewest?: boolean;
}

/** Most bytes of a page, as AWS counts them: each event has 26 more than its message. */
const PAGE_BYTES = 1024 * 1024;
const EVENT_BYTES = 26;
/** Events beyond a page that are gathered before they are sorted. */
const SLACK = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Events of one page in the order of their ids, and whether more are wanted that did not fit. */
export interface Scanned {
  readonly events: readonly LogEvent[];
  readonly hasMore: boolean;
}

/** What orders events: timestamp, position of the record, part of the record; together the id. */
type Place = readonly [timestamp: number, row: number, index: number, part: number];

/** An event before it is known whether it fits. */
interface Candidate {
  readonly place: Place;
  readonly stream: string;
  readonly message: string;
}

/** Digits of the parts of an id. */
const WIDTHS = [16, 18, 18, 4] as const;

/** Finds the wanted events of a function. Throws what `operations.logs.query` throws. */
export async function scan(logs: Operations['logs'], name: FunctionName, wanted: Wanted): Promise<Scanned> {
  const { streams, streamPrefix = '', matches = (): boolean => true } = wanted;
  const after = wanted.after === undefined ? undefined : placeIn(wanted.after);
  const before = wanted.before === undefined ? undefined : placeIn(wanted.before);
  const since = Math.max(wanted.from, after?.[0] ?? 0);
  const to = Math.min(wanted.to, (before?.[0] ?? Infinity) + 1);
  const page = new Page(wanted);
  const named = new StreamNames();
  const until = Number.isFinite(to) ? { until: to } : {};
  await logs.query(name, { since, ...until, withPosition: true }, (records) => {
    for (const record of records) {
      if (record.time >= to || page.isBeyond(record.time)) continue;
      if (streams?.some((stream) => isOf(record, stream)) === false) continue;
      const stream = named.of(record);
      if (!stream.startsWith(streamPrefix)) continue;
      for (const [part, text] of textsOf(record).entries()) {
        const place = placeOf(record, part);
        if (after !== undefined && order(place, after) <= 0) continue;
        if (before !== undefined && order(place, before) >= 0) continue;
        if (matches(text)) page.add({ place, stream, message: `${text}\n` });
      }
    }
  });
  return page.take();
}

function isOf({ version, sandbox, time }: LogRecord, stream: StreamParts): boolean {
  return sandbox === stream.sandbox && version === stream.version && time >= stream.time;
}

/** One event for each record; two for that which ends an invocation, as AWS prints END and REPORT. */
function textsOf({ platform, text }: LogRecord): readonly string[] {
  return platform?.type === 'report' ? text.split('\n') : [text];
}

function placeOf({ time, position: [row, index] = [0, 0] }: LogRecord, part: number): Place {
  return [Math.floor(time), row, index, part];
}

function placeIn(id: string): Place {
  const [a, b, c] = WIDTHS;
  return [
    Number(id.slice(0, a)),
    Number(id.slice(a, a + b)),
    Number(id.slice(a + b, a + b + c)),
    Number(id.slice(a + b + c)),
  ];
}

function idOf(place: Place): string {
  return WIDTHS.map((width, i) => String(place[i]).padStart(width, '0')).join('');
}

function order(a: Place, b: Place): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Names of streams, each made once. */
class StreamNames {
  readonly #names = new Map<string, { readonly day: number; readonly version: number; readonly name: string }>();

  of(record: LogRecord): string {
    const day = Math.floor(record.time / DAY_MS);
    const known = this.#names.get(record.sandbox);
    if (known?.day === day && known.version === record.version) return known.name;
    const name = streamOf(record);
    this.#names.set(record.sandbox, { day, version: record.version, name });
    return name;
  }
}

/** The wanted events so far, bounded by count and size. */
class Page {
  readonly #limit: number;
  readonly #sign: 1 | -1;
  #candidates: Candidate[] = [];
  #bytes = 0;
  #hasMore = false;
  /** Timestamp of the last event of a page that is full. */
  #bound: number | undefined;

  constructor({ limit, isNewest = false }: Wanted) {
    this.#limit = limit;
    this.#sign = isNewest ? -1 : 1;
  }

  /** Whether nothing of this time fits any more. */
  isBeyond(time: number): boolean {
    return this.#bound !== undefined && (Math.floor(time) - this.#bound) * this.#sign > 0;
  }

  add(candidate: Candidate): void {
    this.#candidates.push(candidate);
    this.#bytes += candidate.message.length;
    if (this.#candidates.length > this.#limit + SLACK || this.#bytes > 4 * PAGE_BYTES) this.#cut();
  }

  take(): Scanned {
    this.#cut();
    const ordered = this.#sign < 0 ? this.#candidates.toReversed() : this.#candidates;
    const events = ordered.map(({ place, stream, message }) => ({
      ...{ id: idOf(place), stream, timestamp: place[0], message },
    }));
    return { events, hasMore: this.#hasMore };
  }

  /** Keeps what fits, nearest to the end that is wanted first; at least one event. */
  #cut(): void {
    const sorted = this.#candidates.toSorted((a, b) => order(a.place, b.place) * this.#sign);
    let bytes = 0;
    const fits = ({ message }: Candidate, i: number): boolean => {
      bytes += Buffer.byteLength(message) + EVENT_BYTES;
      return i < this.#limit && (i === 0 || bytes <= PAGE_BYTES);
    };
    const end = sorted.findIndex((candidate, i) => !fits(candidate, i));
    this.#candidates = end < 0 ? sorted : sorted.slice(0, end);
    this.#bytes = this.#candidates.reduce((sum, { message }) => sum + message.length, 0);
    if (end < 0) return;
    this.#hasMore = true;
    this.#bound = this.#candidates.at(-1)?.place[0];
  }
}
