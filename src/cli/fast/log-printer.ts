import { isatty } from 'node:tty';
import type { FunctionName } from '../../contract/names.ts';
import type { LogLine } from './log-line.ts';
import { renderLogRecord, type LogFormat } from './log-record.ts';
import type { LogSink } from './log-stream.ts';
import { writeAll } from './write.ts';

/** How records are printed. */
export interface Look {
  readonly format: LogFormat;
  readonly colored: boolean;
  /** Functions whose records are printed; with several, each line begins with the name (not in JSON and raw). */
  readonly names: readonly FunctionName[];
  /** Whether there are no notes on stderr. */
  readonly quiet: boolean;
  /** Start of the ids of the invocations asked for, if any. */
  readonly requestId: string | undefined;
}

/** Sequences that begin a colour on a terminal: one for each function, in turn. */
const COLORS = ['36', '33', '32', '35', '34', '96', '93', '92', '95', '94'].map((code) => `\u001b[${code}m`);
const DEFAULT_COLOR = '\u001b[39m';

/** Prints records of functions on stdout, and notes about the daemon on stderr. */
export class RecordPrinter {
  readonly #look: Look;
  readonly #prefixes: ReadonlyMap<FunctionName, string>;
  /** Functions whose daemon is awaited. */
  readonly #away = new Set<FunctionName>();
  #requestId: string | undefined;
  #isAmbiguous = false;
  #isEmpty = true;

  constructor(look: Look) {
    const { names, colored } = look;
    this.#look = look;
    const widest = Math.max(...names.map((name) => name.length));
    const prefixOf = (name: FunctionName, i: number): string => {
      const color = COLORS[i % COLORS.length] ?? '';
      return `${colored ? color + name + DEFAULT_COLOR : name}${' '.repeat(widest - name.length)} | `;
    };
    this.#prefixes = new Map(names.length < 2 ? [] : names.map((name, i) => [name, prefixOf(name, i)]));
  }

  /** Prints records of one function; returns false when the reader of stdout has closed it. */
  print(name: FunctionName, lines: readonly LogLine[]): boolean {
    if (lines.length === 0) return true;
    if (this.#look.requestId !== undefined && !this.#look.quiet) this.#noteAmbiguity(lines, this.#look.requestId);
    this.#isEmpty = false;
    return writeAll(1, lines.map((line) => this.#rendered(name, line)).join(''));
  }

  /** Notes on a terminal that nothing was printed; to be called after the last record. */
  end(): void {
    if (this.#isEmpty && isatty(2)) this.#note('no records match');
  }

  /** A sink that prints the records of one function as they come. */
  sink(name: FunctionName): LogSink {
    return {
      lines: (lines) => this.print(name, lines),
      endStored: () => true,
      away: () => {
        if (this.#away.size === 0) this.#note('the daemon went away; waiting for the next one');
        this.#away.add(name);
      },
      back: () => {
        this.#away.delete(name);
        if (this.#away.size === 0) this.#note('following again');
      },
    };
  }

  /** Notes on stderr, once, that the given start fits several invocations. */
  #noteAmbiguity(lines: readonly LogLine[], start: string): void {
    this.#requestId ??= lines[0]?.record.requestId;
    const other = this.#isAmbiguous ? undefined : lines.find(({ record }) => record.requestId !== this.#requestId);
    if (other === undefined) return;
    this.#isAmbiguous = true;
    const ids = `${this.#requestId} and ${other.record.requestId}`;
    this.#note(`several invocations begin with '${start}', such as ${ids}; give more characters for one of them`);
  }

  #note(text: string): void {
    if (!this.#look.quiet) writeAll(2, `${text}\n`);
  }

  #rendered(name: FunctionName, line: LogLine): string {
    const { format, colored } = this.#look;
    if (format === 'json') return `{"function":"${name}",${line.text.slice(1)}\n`;
    const text = renderLogRecord(line.record, format, colored);
    const prefix = this.#prefixes.get(name);
    if (prefix === undefined || format === 'raw') return text;
    return `${prefix}${text.slice(0, -1).replaceAll('\n', `\n${prefix}`)}\n`;
  }
}
