import { StringDecoder } from 'node:string_decoder';
import { LOG_TEXT_LIMIT, PAYLOAD_LIMIT } from '../../executor/frames.ts';
import { answerOf, failureOf, MESSAGE_BYTES, type AnswerForm, type ProgramAnswer } from './answer.ts';
import type { ProgramEnd, ProgramEvents } from './host.ts';

/** Most characters of an unfinished line that are held back. */
const PARTIAL_LIMIT = 64 * 1024;
/** A line break after a result of the largest size is no part of it (bytes). */
const LINE_BREAK_BYTES = 2;

/** What one run of a program prints, until it has an answer. */
export class ProgramRun implements ProgramEvents {
  /** Ends the program at once. */
  stop: (() => void) | undefined;
  readonly #log: (text: string) => void;
  readonly #done: (answer: ProgramAnswer) => void;
  readonly #form: AnswerForm;
  readonly #decoder = new StringDecoder('utf8');
  #chunks: Buffer[] = [];
  #bytes = 0;
  #line = '';
  #tail = '';

  /** `log` takes each line of stderr, `done` the answer, once. */
  constructor(parts: { log(text: string): void; done(answer: ProgramAnswer): void; form: AnswerForm }) {
    this.#log = parts.log;
    this.#done = parts.done;
    this.#form = parts.form;
  }

  stdout(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (!this.#isTooLarge) {
      this.#chunks.push(Buffer.from(chunk));
      return;
    }
    this.#chunks = [];
    this.stop?.();
  }

  stderr(chunk: Buffer): void {
    this.#print(this.#decoder.write(chunk));
  }

  ended(end: ProgramEnd): void {
    this.#print(this.#decoder.end());
    if (this.#line !== '') this.#record(this.#line);
    this.#done(this.#answer(end));
  }

  get #isTooLarge(): boolean {
    return this.#bytes > PAYLOAD_LIMIT + LINE_BREAK_BYTES;
  }

  #answer(end: ProgramEnd): ProgramAnswer {
    if (this.#isTooLarge) return { kind: 'too-large', bytes: this.#bytes };
    if (end.kind !== 'exit' || end.status !== 0) return failureOf(end, this.#tail);
    const [first] = this.#chunks;
    const printed = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    return answerOf(printed, this.#form);
  }

  #print(text: string): void {
    if (text === '') return;
    this.#tail = (this.#tail + text).slice(-MESSAGE_BYTES);
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#record(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#line.length <= PARTIAL_LIMIT) return;
    this.#record(this.#line);
    this.#line = '';
  }

  #record(line: string): void {
    this.#log(line.length > LOG_TEXT_LIMIT ? line.slice(0, LOG_TEXT_LIMIT) : line);
  }
}
