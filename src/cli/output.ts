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
  /** Whether the reader of stdout has closed it. */
  closed = false;

  constructor(options: OutputOptions) {
    this.json = options.json;
    const plain = options.json || wantsPlain(options.env);
    this.color = new Chalk({ level: plain || !isatty(1) ? 0 : 1 });
    this.animated = !plain && isatty(2);
    this.interactive = this.animated && isatty(0);
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
