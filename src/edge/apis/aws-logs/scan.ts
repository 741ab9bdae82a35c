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

/** Events of one page in the order of their ids, and whether more are wanted that did not fit. */
export interface Scanned {
  readonly events: readonly LogEvent[];
  readonly hasMore: boolean;
}

/** Finds the wanted events of a function. Throws what `operations.logs.query` throws. */
export async function scan(logs: Operations['logs'], name: FunctionName, wanted: Wanted): Promise<Scanned> {
  const { streams, streamPrefix = '', after = '', before = ':', matches = (): boolean => true } = wanted;
  const since = Math.max(wanted.from, after === '' ? 0 : timestampOf(after));
  const to = Math.min(wanted.to, before === ':' ? Infinity : timestampOf(before) + 1);
  const page = new Page(wanted);
  const until = Number.isFinite(to) ? { until: to } : {};
  await logs.query(name, { since, ...until, withPosition: true }, (records) => {
    for (const record of records) {
      if (record.time >= to || streams?.some((stream) => isOf(record, stream)) === false) continue;
      const stream = streamOf(record);
      if (!stream.startsWith(streamPrefix)) continue;
      for (const event of eventsOf(record, stream))
        if (event.id > after && event.id < before && matches(event.message)) page.add(event);
    }
  });
  return page.take();
}

function isOf({ version, sandbox, time }: LogRecord, stream: StreamParts): boolean {
  return sandbox === stream.sandbox && version === stream.version && time >= stream.time;
}

/** One event for each record; two for that which ends an invocation, as AWS prints END and REPORT. */
function eventsOf(record: LogRecord, stream: string): readonly LogEvent[] {
  const timestamp = Math.floor(record.time);
  const texts = record.platform?.type === 'report' ? record.text.split('\n') : [record.text];
  return texts.map((text, part) => ({ id: idOf(record, part), stream, timestamp, message: `${text}\n` }));
}

function idOf({ time, position: [row, index] = [0, 0] }: LogRecord, part: number): string {
  return [digits(Math.floor(time), 16), digits(row, 18), digits(index, 18), digits(part, 4)].join('');
}

/** The timestamp in an event's id. */
function timestampOf(id: string): number {
  return Number(id.slice(0, 16));
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, '0');
}

/** The wanted events so far, bounded by count and size. */
class Page {
  readonly #limit: number;
  readonly #isNewest: boolean;
  #events: LogEvent[] = [];
  #bytes = 0;
  #hasMore = false;

  constructor({ limit, isNewest = false }: Wanted) {
    this.#limit = limit;
    this.#isNewest = isNewest;
  }

  add(event: LogEvent): void {
    this.#events.push(event);
    this.#bytes += event.message.length;
    if (this.#events.length > this.#limit + SLACK || this.#bytes > 4 * PAGE_BYTES) this.#cut();
  }

  take(): Scanned {
    this.#cut();
    return { events: this.#isNewest ? this.#events.toReversed() : this.#events, hasMore: this.#hasMore };
  }

  /** Keeps what fits, nearest to the end that is wanted first; at least one event. */
  #cut(): void {
    const sign = this.#isNewest ? -1 : 1;
    const sorted = this.#events.toSorted((a, b) => (a.id < b.id ? -sign : sign));
    let bytes = 0;
    const fits = (event: LogEvent, i: number): boolean => {
      bytes += Buffer.byteLength(event.message) + EVENT_BYTES;
      return i < this.#limit && (i === 0 || bytes <= PAGE_BYTES);
    };
    const end = sorted.findIndex((event, i) => !fits(event, i));
    this.#hasMore ||= end >= 0;
    this.#events = end < 0 ? sorted : sorted.slice(0, end);
    this.#bytes = this.#events.reduce((sum, { message }) => sum + message.length, 0);
  }
}
