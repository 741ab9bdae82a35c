/** Where a text stops being JSON. */
export interface JsonFault {
  /** Index in the text; its length when more was expected. */
  readonly at: number;
  /** What should have stood there. */
  readonly expected: string;
}

type Expect = 'a value' | "a value or ']'" | "a name in double quotes or '}'" | 'a name in double quotes' | "':'" | "',' or '}'" | "',' or ']'" | 'the end';

const SPACE = /[ \t\n\r]*/y;
/** A string up to its closing quote, or up to the first character that may not stand in it. */
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy; // oxlint-disable-line no-control-regex -- JSON forbids them
const SCALAR = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.])/y;

/**
 * Finds the first fault, for the messages of `JSON.parse` name a place only sometimes. Undefined for valid JSON.
 * Linear, and without recursion, so that deep nesting is no danger.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let expect: Expect = 'a value';
  let at = 0;
  const afterValue = (): Expect => (open.length === 0 ? 'the end' : open.at(-1) === '{' ? "',' or '}'" : "',' or ']'");
  for (;;) {
    at = skip(SPACE, text, at);
    if (at === text.length) return expect === 'the end' ? undefined : { at, expected: expect };
    const char = text[at] ?? '';
    const isValue: boolean = expect === 'a value' || expect === "a value or ']'";
    const isName: boolean = expect === 'a name in double quotes' || expect === "a name in double quotes or '}'";
    if (char === '"' && (isValue || isName)) {
      at = skip(STRING, text, at);
      if (text[at] !== '"') return { at, expected: 'the end of the string' };
      at += 1;
      expect = isName ? "':'" : afterValue();
    } else if (isValue && (char === '{' || char === '[')) {
      open.push(char);
      at += 1;
      expect = char === '{' ? "a name in double quotes or '}'" : "a value or ']'";
    } else if (closes(char, expect)) {
      open.pop();
      at += 1;
      expect = afterValue();
    } else if (char === ',' && (expect === "',' or '}'" || expect === "',' or ']'")) {
      at += 1;
      expect = open.at(-1) === '{' ? 'a name in double quotes' : 'a value';
    } else if (char === ':' && expect === "':'") {
      at += 1;
      expect = 'a value';
    } else {
      const end: number = isValue ? skip(SCALAR, text, at) : at;
      if (end === at) return { at, expected: expect };
      at = end;
      expect = afterValue();
    }
  }
}

function closes(char: string, expect: Expect): boolean {
  if (char === '}') return expect === "',' or '}'" || expect === "a name in double quotes or '}'";
  return char === ']' && (expect === "',' or ']'" || expect === "a value or ']'");
}

/** The index after what `pattern` matches at `at`; `at` itself when it does not. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
