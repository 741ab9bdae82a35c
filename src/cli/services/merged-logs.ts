import type { FunctionName } from '../../contract/index.ts';
import type { LogLine } from '../fast/log-line.ts';
import { RecordPrinter, type Look } from '../fast/log-printer.ts';
import { streamLogs, type LogSink, type LogSource, type LogStreamEnd } from '../fast/log-stream.ts';

/** How streams of logs ended, and whose stream decided that. */
export interface MergedEnd {
  readonly source: LogSource;
  readonly end: LogStreamEnd;
}

/**
 * Prints the logs of one or more functions: the stored records merged by their times, at most the newest `lines` of
 * all, each function's in the order in which they were stored; then with `follow` new ones as they come. Resolves when the first stream ends otherwise than with `ended`,
 * or the last one with it.
 */
export function showMergedLogs(
  sources: readonly LogSource[],
  look: Look,
  lines: number | undefined,
): Promise<MergedEnd> {
  const printer = new RecordPrinter(look);
  const merge = new StoredMerge(printer, sources.length, lines);
  let running = sources.length;
  return new Promise((resolve, reject) => {
    const show = async (source: LogSource): Promise<void> => {
      const sink = merge.sink(source.name);
      const end = await streamLogs(source, sink);
      running -= 1;
      if (end === 'ended' && sink.endStored() && running > 0) return;
      if (end === 'ended') printer.end();
      resolve({ source, end });
    };
    for (const source of sources) show(source).catch(reject);
  });
}

/** A stored record and its place among those of other functions. */
interface Stored {
  readonly name: FunctionName;
  readonly line: LogLine;
  /**
   * The latest time up to this record of the same function (ms since the epoch). Times alone do not keep a function's
   * order: some runtimes stamp fractions of a millisecond and lam whole ones, so that END could come before a line.
   */
  readonly place: number;
}

/** Holds stored records back until those of all functions are there, then prints them merged by their times. */
class StoredMerge {
  readonly #printer: RecordPrinter;
  readonly #limit: number | undefined;
  #waiting: number;
  #stored: Stored[] = [];

  constructor(printer: RecordPrinter, streams: number, limit: number | undefined) {
    this.#printer = printer;
    this.#waiting = streams;
    this.#limit = limit;
  }

  /** The sink of one stream. Its `endStored` counts once. */
  sink(name: FunctionName): LogSink {
    const live = this.#printer.sink(name);
    let isStored = false;
    let place = 0;
    return {
      ...live,
      lines: (lines) => {
        if (this.#waiting === 0) return live.lines(lines);
        for (const line of lines) {
          place = Math.max(place, line.record.time);
          this.#stored.push({ name, line, place });
        }
        return true;
      },
      endStored: () => {
        if (isStored) return true;
        isStored = true;
        this.#waiting -= 1;
        return this.#waiting > 0 || this.#flush();
      },
    };
  }

  #flush(): boolean {
    const stored = this.#stored.toSorted((a, b) => a.place - b.place);
    this.#stored = [];
    const shown = this.#limit === undefined ? stored : stored.slice(Math.max(0, stored.length - this.#limit));
    return shown.every(({ name, line }) => this.#printer.print(name, [line]));
  }
}
