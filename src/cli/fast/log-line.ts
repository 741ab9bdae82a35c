import type { LogRecord } from '../../contract/log-record.ts';

const LINE_FEED = 10;
const EMPTY = Buffer.alloc(0);

/** A record as the daemon sent it: one line of JSON, parsed when needed. */
export class LogLine {
  readonly text: string;
  #record: LogRecord | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get record(): LogRecord {
    return (this.#record ??= JSON.parse(this.text) as LogRecord);
  }
}

/** Splits a stream of bytes at its line breaks. */
export class LogLineSplitter {
  #rest: Buffer = EMPTY;

  /** Returns the lines that are complete now, without their breaks. */
  push(piece: Buffer): readonly string[] {
    const end = piece.lastIndexOf(LINE_FEED);
    if (end < 0) {
      this.#rest = Buffer.concat([this.#rest, piece]);
      return [];
    }
    const whole = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const stop = whole.length - (piece.length - end);
    this.#rest = whole.subarray(stop + 1);
    return whole.toString('utf8', 0, stop).split('\n');
  }
}
