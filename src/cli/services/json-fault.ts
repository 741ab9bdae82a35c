/** The first place where a text is not JSON. */
export interface JsonFault {
  /** Index in the text; its length if the text ends too early. */
  readonly at: number;
  /** Token expected there. */
  readonly expected: string;
}

type Expect =
  | 'a value'
  | "a value or ']'"
  | "a name in double quotes or '}'"
  | 'a name in double quotes'
  | "':'"
  | "',' or '}'"
  | "',' or ']'"
  | 'the end';

/** Effect of a punctuation character: opens or closes a level, or changes what is expected next. */
type Move = 'open' | 'close' | Expect;

const OPENING = { '{': 'open', '[': 'open' } as const;

/** Allowed punctuation, by what is expected. */
const PUNCTUATION: Readonly<Record<Expect, Readonly<Record<string, Move>>>> = {
  'a value': OPENING,
  "a value or ']'": { ...OPENING, ']': 'close' },
  "a name in double quotes or '}'": { '}': 'close' },
  'a name in double quotes': {},
  "':'": { ':': 'a value' },
  "',' or '}'": { ',': 'a name in double quotes', '}': 'close' },
  "',' or ']'": { ',': 'a value', ']': 'close' },
  'the end': {},
};

const SPACE = /[ \t\n\r]*/y;
/** A string up to its closing quote, or to the first invalid character. */
// oxlint-disable-next-line no-control-regex -- JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.])/y;

/**
 * Returns the first fault of a text, or undefined for valid JSON. Not recursive, so that deep nesting does not overflow
 * the stack. Own code: `JSON.parse` does not always give the position; the parsers that do (jsonc-parser, momoa)
 * overflow the stack on deep nesting, and give the position within a string or the expected token only for some faults.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let expect: Expect = 'a value';
  for (let at = skip(SPACE, text, 0); at < text.length; at = skip(SPACE, text, at)) {
    const char = text[at] ?? '';
    const move: Move | undefined = PUNCTUATION[expect][char];
    if (move !== undefined) {
      at += 1;
      if (move === 'open') open.push(char as '{' | '[');
      else if (move === 'close') open.pop();
      expect = move === 'open' ? afterOpening(char) : move === 'close' ? afterValue(open) : move;
      continue;
    }
    const token = tokenAt(text, at, expect);
    if (token === undefined) return { at, expected: expect };
    if (!token.whole) return { at: token.end, expected: 'the end of the string' };
    expect = expect.startsWith('a name') ? "':'" : afterValue(open);
    at = token.end;
  }
  return expect === 'the end' ? undefined : { at: text.length, expected: expect };
}

function afterOpening(char: string): Expect {
  return char === '{' ? "a name in double quotes or '}'" : "a value or ']'";
}

function afterValue(open: readonly ('{' | '[')[]): Expect {
  const level = open.at(-1);
  if (level === undefined) return 'the end';
  return level === '{' ? "',' or '}'" : "',' or ']'";
}

/** The string or scalar at `at`; undefined if none is allowed there. An invalid string ends at its fault. */
function tokenAt(
  text: string,
  at: number,
  expect: Expect,
): { readonly end: number; readonly whole: boolean } | undefined {
  if (!expect.startsWith('a ')) return undefined;
  if (text[at] === '"') {
    const end = skip(STRING, text, at);
    return text[end] === '"' ? { end: end + 1, whole: true } : { end, whole: false };
  }
  const end = expect.startsWith('a value') ? skip(SCALAR, text, at) : at;
  return end === at ? undefined : { end, whole: true };
}

/** The index after the match of `pattern` at `at`; `at` without a match. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
