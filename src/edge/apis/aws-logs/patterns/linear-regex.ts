import { lamError } from '../../../../errors/index.ts';

/** Characters that an element takes, as pairs of code units. */
interface CharacterSet {
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly isNegated: boolean;
}

/** `one`, `maybe` (or none) and `many` (or none) take characters; `start` and `end` are places. */
interface Element extends CharacterSet {
  readonly kind: 'one' | 'maybe' | 'many' | 'start' | 'end';
}

/** Most elements of an expression, so that a text of 256 KiB is searched in bounded time. */
const MOST_ELEMENTS = 512;

const NOTHING: CharacterSet = { ranges: [], isNegated: false };
const ANY: CharacterSet = { ranges: [], isNegated: true };
const CLASSES: Readonly<Record<string, CharacterSet['ranges']>> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 13],
    [32, 32],
  ],
};
const LITERAL = /[A-Za-z0-9:_#=@/;,-]/;

/**
 * Compiles a regular expression of AWS's filter patterns, which has no groups, into a search whose time is at most the
 * product of both lengths: no expression can hold up the daemon. Throws `LAM_AWS_PARAMETER`.
 */
export function linearRegex(source: string): (text: string) => boolean {
  const parser = new RegexParser(source);
  const branches = parser.branches();
  return (text) => branches.some((elements) => isIn(elements, text));
}

function isIn(elements: readonly Element[], text: string): boolean {
  const seen = new Int32Array(elements.length).fill(-1);
  let reached: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    const active: number[] = [];
    // A match may begin anywhere.
    for (const from of [0, ...reached]) {
      let i = from;
      for (; i < elements.length && seen[i] !== at; i++) {
        seen[i] = at;
        const { kind } = elements[i] as Element;
        if (kind === 'start' ? at > 0 : kind === 'end' && at < text.length) break;
        if (kind !== 'start' && kind !== 'end') active.push(i);
        if (kind === 'one') break;
      }
      if (i === elements.length) return true;
    }
    const code = text.charCodeAt(at);
    reached = [];
    for (const i of active) {
      const element = elements[i] as Element;
      if (has(element, code)) reached.push(element.kind === 'many' ? i : i + 1);
    }
  }
  return false;
}

function has({ ranges, isNegated }: CharacterSet, code: number): boolean {
  for (const [from, to] of ranges) if (code >= from && code <= to) return !isNegated;
  return isNegated;
}

class RegexParser {
  readonly #source: string;
  #at = 0;
  #count = 0;

  constructor(source: string) {
    this.#source = source;
  }

  branches(): Element[][] {
    if (this.#source === '') throw invalidRegex('it is empty');
    const branches: Element[][] = [[]];
    while (this.#at < this.#source.length) {
      if (this.#take('|')) branches.push([]);
      else branches.at(-1)?.push(...this.#elements());
    }
    return branches;
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** One part with its quantifier. */
  #elements(): Element[] {
    if (this.#take('^')) return [{ kind: 'start', ...NOTHING }];
    if (this.#take('$')) return [{ kind: 'end', ...NOTHING }];
    const set = this.#set();
    const [least, most] = this.#quantifier();
    const count = most === Infinity ? least + 1 : most;
    if ((this.#count += count) > MOST_ELEMENTS) throw invalidRegex('it repeats too much');
    const kindAt = (i: number): Element['kind'] => (i < least ? 'one' : most === Infinity ? 'many' : 'maybe');
    return Array.from({ length: count }, (_, i) => ({ kind: kindAt(i), ...set }));
  }

  #quantifier(): readonly [least: number, most: number] {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    return this.#take('{') ? this.#counts() : [1, 1];
  }

  /** `{n}`, `{n,}` or `{n,m}`, after the brace. */
  #counts(): readonly [least: number, most: number] {
    const end = this.#source.indexOf('}', this.#at);
    const [, from = '', comma, to = ''] =
      /^(\d{1,4})(,)?(\d{1,4})?$/.exec(this.#source.slice(this.#at, end < 0 ? undefined : end)) ?? [];
    if (end < 0 || from === '' || (comma === undefined && to !== '')) throw invalidRegex('a {count} is malformed');
    this.#at = end + 1;
    const least = Number(from);
    const most = comma === undefined ? least : to === '' ? Infinity : Number(to);
    if (most < least) throw invalidRegex('a {count} goes from more to less');
    return [least, most];
  }

  #set(): CharacterSet {
    if (this.#take('.')) return ANY;
    if (this.#take('[')) return this.#class();
    if (this.#take('\\')) return this.#escape();
    return { ranges: [this.#literal()], isNegated: false };
  }

  #literal(): readonly [number, number] {
    const character = this.#source[this.#at] ?? '';
    if (!LITERAL.test(character)) throw invalidRegex(`'${character}' cannot stand in a regular expression here`);
    this.#at++;
    const code = character.charCodeAt(0);
    return [code, code];
  }

  /** What comes after a backslash: a class, a code in hexadecimal, or a character itself. */
  #escape(): CharacterSet {
    const character = this.#source[this.#at++] ?? '';
    const named = CLASSES[character.toLowerCase()];
    if (named !== undefined) return { ranges: named, isNegated: character !== character.toLowerCase() };
    if (character === 'x') {
      const digits = /^[0-9a-f]{2}/i.exec(this.#source.slice(this.#at))?.[0];
      if (digits === undefined) throw invalidRegex("'\\x' needs two hexadecimal digits");
      this.#at += 2;
      const code = Number.parseInt(digits, 16);
      return { ranges: [[code, code]], isNegated: false };
    }
    if (character === '' || /[a-z0-9]/i.test(character)) throw invalidRegex(`'\\${character}' is not known`);
    const code = character.charCodeAt(0);
    return { ranges: [[code, code]], isNegated: false };
  }

  #class(): CharacterSet {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take(']')) {
      if (this.#at >= this.#source.length) throw invalidRegex("a ']' is missing");
      const single = this.#member();
      ranges.push(...single.ranges);
      const isRange = this.#source[this.#at] === '-' && !['', ']', undefined].includes(this.#source[this.#at + 1]);
      if (!isRange) continue;
      this.#at++;
      const [[from] = [0], [, to] = [0, 0]] = [single.ranges[0], this.#member().ranges[0]];
      if (single.ranges.length !== 1 || to < from) throw invalidRegex('a range in brackets goes backwards');
      ranges.push([from, to]);
    }
    if (ranges.length === 0) throw invalidRegex('brackets are empty');
    return { ranges, isNegated };
  }

  /** One member of a class in brackets; operators stand for themselves there. */
  #member(): CharacterSet {
    if (this.#take('\\')) {
      const escaped = this.#escape();
      if (escaped.isNegated) throw invalidRegex('a negated class cannot stand in brackets');
      return escaped;
    }
    const character = this.#source[this.#at] ?? '';
    if (/[$?{}|*+.^[]/.test(character)) {
      this.#at++;
      const code = character.charCodeAt(0);
      return { ranges: [[code, code]], isNegated: false };
    }
    return { ranges: [this.#literal()], isNegated: false };
  }
}

function invalidRegex(why: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message: `Invalid filter pattern: regular expression: ${why}` });
}
