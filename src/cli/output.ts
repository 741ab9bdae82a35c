import { isatty } from 'node:tty';
import { Chalk, type ChalkInstance } from 'chalk';
import { wantsPlain, type Env } from './fast/terminal.ts';
import { writeAll } from './fast/write.ts';

/** What decides how results look. */
export interface OutputOptions {
  readonly json: boolean;
  readonly env: Env;
}

/** Where a command's words go: data to stdout, everything else to stderr; under `--json`, one object and nothing else. */
export class Output {
  readonly json: boolean;
  /** Colours for stdout; plain unless it is a terminal that wants them. */
  readonly color: ChalkInstance;
  /** A person can be asked: stdin and stderr are terminals, and nothing says otherwise. */
  readonly interactive: boolean;
  /** Progress may redraw lines on stderr. */
  readonly animated: boolean;
  /** The reader of stdout has gone. */
  closed = false;

  constructor(options: OutputOptions) {
    this.json = options.json;
    const plain = options.json || wantsPlain(options.env);
    this.color = new Chalk({ level: plain || !isatty(1) ? 0 : 1 });
    this.animated = !plain && isatty(2);
    this.interactive = this.animated && isatty(0);
  }

  /** The result of the command: an object under `--json`, the text otherwise. */
  result(data: unknown, text: () => string): void {
    if (this.json) this.print(JSON.stringify({ ok: true, data }));
    else this.print(text());
  }

  /** A line (or several) on stdout; nothing for an empty text. */
  print(text: string): void {
    if (text === '') return;
    this.raw(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Bytes on stdout as they are. */
  raw(content: string | Uint8Array): void {
    if (!this.closed && !writeAll(1, content)) this.closed = true;
  }

  /** Something worth knowing that is not the result; silent under `--json`. */
  note(text: string): void {
    if (!this.json) writeAll(2, `${text}\n`);
  }
}
