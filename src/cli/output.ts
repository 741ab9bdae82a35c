import { isatty } from 'node:tty';
import { Chalk, type ChalkInstance } from 'chalk';
import { wantsPlain, type Env } from './fast/terminal.ts';
import { writeAll } from './fast/write.ts';

/** Inputs that decide how results are printed. */
export interface OutputOptions {
  readonly json: boolean;
  readonly env: Env;
}

/** Output of a command: data to stdout, everything else to stderr; with `--json` one object and nothing else. */
export class Output {
  readonly json: boolean;
  /** Colours for stdout; none unless it is a terminal that allows them. */
  readonly color: ChalkInstance;
  /** Whether prompts are possible: stdin and stderr are terminals, and neither flags nor variables forbid it. */
  readonly interactive: boolean;
  /** Whether progress may redraw lines on stderr. */
  readonly animated: boolean;
  readonly #env: Env;
  /** Whether the reader of stdout has closed it. */
  closed = false;

  constructor(options: OutputOptions) {
    this.json = options.json;
    const plain = options.json || wantsPlain(options.env);
    this.color = new Chalk({ level: plain || !isatty(1) ? 0 : 1 });
    this.#env = options.env;
    this.animated = !plain && isatty(2);
    this.interactive = this.animated && isatty(0);
  }

  /** Characters in a line of stdout: unlimited unless it is a terminal. */
  get width(): number {
    return widthOf(1, this.#env);
  }

  /** Characters in a line of stderr: unlimited unless it is a terminal. */
  get noteWidth(): number {
    return widthOf(2, this.#env);
  }

  /** Prints the result: an object with `--json`, otherwise the text. */
  result(data: unknown, text: () => string): void {
    if (this.json) this.print(JSON.stringify({ ok: true, data }));
    else this.print(text());
  }

  /** Prints lines on stdout; nothing for an empty text. */
  print(text: string): void {
    if (text === '') return;
    this.raw(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Writes bytes to stdout unchanged. */
  raw(content: string | Uint8Array): void {
    if (!this.closed && !writeAll(1, content)) this.closed = true;
  }

  /** Prints a note on stderr; nothing with `--json`. */
  note(text: string): void {
    if (!this.json) writeAll(2, `${text}\n`);
  }
}

/** Columns of the terminal: `COLUMNS` where it is set, else what the terminal says. */
function widthOf(descriptor: 1 | 2, env: Env): number {
  if (!isatty(descriptor)) return Infinity;
  const set = Number(env['COLUMNS']);
  if (Number.isSafeInteger(set) && set > 0) return set;
  // Without a size, as on a serial line, it is 0 or undefined.
  return (descriptor === 1 ? process.stdout : process.stderr).columns || Infinity;
}
