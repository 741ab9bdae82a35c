import { lamError } from '../../../../errors/index.ts';
import { linearRegex } from './linear-regex.ts';

/** Regular expressions that AWS takes in one pattern. */
const MOST_REGEXES = 2;

/** Reads a filter pattern from left to right. Every fault is `LAM_AWS_PARAMETER`. */
export class PatternReader {
  readonly #text: string;
  #at = 0;
  #regexes = 0;

  constructor(text: string) {
    this.#text = text;
  }

  skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The next character; empty at the end. */
  get next(): string {
    return this.#text[this.#at] ?? '';
  }

  /** Takes `token` if it comes next. */
  take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  /** Takes `token`, which must come next. */
  expect(token: string): void {
    if (!this.take(token)) this.fail(`'${token}' is missing before '${this.#text.slice(this.#at, this.#at + 20)}'`);
  }

  /** Takes what a sticky expression matches here; undefined if it does not match. */
  takeMatch(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.#at += found.length;
    return found;
  }

  /** Takes a text in quotes of this kind, in which a backslash stands before quotes and backslashes. */
  quoted(quote: '"' | "'"): string {
    this.expect(quote);
    let text = '';
    for (;;) {
      const character = this.next;
      if (character === '') this.fail(`a text that begins with ${quote} does not end`);
      this.#at++;
      if (character === quote) return text;
      const isEscape = character === '\\' && (this.next === quote || this.next === '\\');
      text += isEscape ? this.next : character;
      if (isEscape) this.#at++;
    }
  }

  /** Takes a regular expression between percent signs. */
  regex(): (text: string) => boolean {
    this.expect('%');
    const end = this.#text.indexOf('%', this.#at);
    if (end < 0) this.fail("a regular expression that begins with '%' does not end");
    if (++this.#regexes > MOST_REGEXES) this.fail(`it has more than ${MOST_REGEXES} regular expressions`);
    const source = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return linearRegex(source);
  }

  /** Throws the error for a pattern that AWS would not take either. */
  fail(why: string): never {
    throw lamError('LAM_AWS_PARAMETER', { message: `Invalid filter pattern: ${why}` });
  }
}
