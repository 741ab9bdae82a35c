const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const LETTER_U = 0x75;

const SPACE = 1;
const DIGIT = 2;
const HEX = 4;
/** Bytes that may follow a backslash, except `u`. */
const ESCAPED = 8;
/** Bytes that need no escape in a string: no quote, backslash or control character. */
const PLAIN = 16;
const CLASSES = new Uint8Array(256);
for (let byte = 0x20; byte < 256; byte++) if (byte !== QUOTE && byte !== BACKSLASH) CLASSES[byte] = PLAIN;
for (const [chars, kind] of [
  [' \t\r\n', SPACE],
  ['0123456789', DIGIT | HEX],
  ['abcdefABCDEF', HEX],
  ['"\\/bfnrt', ESCAPED],
] as const) {
  for (const byte of Buffer.from(chars)) CLASSES[byte] = (CLASSES[byte] ?? 0) | kind;
}

const WORDS: ReadonlyMap<number, Buffer> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
);

/** Sentinel for "no match"; positions are never negative. */
const NONE = -1;
/**
 * Stack of open containers: the opening byte of each level. Shared scratch memory; {@link jsonEnd} is not re-entrant.
 */
const open = new Uint8Array(512);

/**
 * Reports whether `JSON.parse` would accept the bytes decoded as UTF-8, without building the value. Invalid UTF-8 in
 * strings is accepted, as decoding replaces it. May return false for valid JSON nested deeper than 512; true is always
 * right. Pure.
 */
export function isJson(bytes: Uint8Array): boolean {
  return jsonEnd(bytes, blank(bytes, 0)) === bytes.length;
}

/**
 * Returns where the value that begins at `from` ends, with the white space behind it, or -1 if the bytes there are no
 * JSON, or nested deeper than 512. Pure.
 */
export function jsonEnd(bytes: Uint8Array, from: number): number {
  let depth = 0;
  let at = from;
  for (;;) {
    const first = bytes[at];
    if (first === OBJECT || first === ARRAY) {
      if (depth === open.length) return NONE;
      open[depth++] = first;
      at = blank(bytes, at + 1);
      if (bytes[at] !== closing(first)) {
        if (first === OBJECT) at = member(bytes, at);
        if (at < 0) return NONE;
        continue;
      }
    } else {
      at = scalar(bytes, at);
      if (at < 0) return NONE;
      at = blank(bytes, at);
    }
    // After a value, or before the end of an empty container: close the containers that end here.
    while (depth > 0 && bytes[at] === closing(open[depth - 1])) {
      depth--;
      at = blank(bytes, at + 1);
    }
    if (depth === 0) return at;
    if (bytes[at] !== COMMA) return NONE;
    at = blank(bytes, at + 1);
    if (open[depth - 1] === OBJECT) at = member(bytes, at);
    if (at < 0) return NONE;
  }
}

function closing(opening: number | undefined): number {
  return opening === OBJECT ? OBJECT_END : ARRAY_END;
}

/** End of the white space at `from`. Pure. */
export function blank(bytes: Uint8Array, from: number): number {
  return run(bytes, from, SPACE);
}

/** End of a run of bytes of one kind, at most `limit`. */
function run(bytes: Uint8Array, from: number, kind: number, limit = bytes.length): number {
  const most = Math.min(limit, bytes.length);
  let at = from;
  while (at < most && ((CLASSES[bytes[at] as number] as number) & kind) !== 0) at++;
  return at;
}

/** Skips the name of a member and its colon; returns where the value begins. */
function member(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return NONE;
  const end = text(bytes, from);
  if (end < 0) return NONE;
  const at = blank(bytes, end);
  return bytes[at] === COLON ? blank(bytes, at + 1) : NONE;
}

function scalar(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return text(bytes, from);
  if (first === undefined) return NONE;
  const word = WORDS.get(first);
  return word === undefined ? numeral(bytes, from) : spelled(bytes, from, word);
}

function spelled(bytes: Uint8Array, from: number, word: Buffer): number {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return NONE;
  return from + word.length;
}

/** Skips a string with its quotes. */
function text(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  for (;;) {
    const end = run(bytes, at, PLAIN, at + SHORT);
    at = end < at + SHORT ? end : longRun(bytes, end);
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return NONE;
    at = escaped(bytes, at + 1);
    if (at < 0) return NONE;
  }
}

/** Strings longer than this are scanned four bytes at a time (bytes). */
const SHORT = 64;
const WORD = 4;
const TOP_BITS = 0x80808080 | 0;

/** End of the plain bytes of a long string. */
function longRun(bytes: Uint8Array, from: number): number {
  const aligned = from + ((WORD - ((bytes.byteOffset + from) % WORD)) % WORD);
  const count = Math.floor((bytes.length - aligned) / WORD);
  if (count <= 0) return run(bytes, from, PLAIN);
  const start = run(bytes, from, PLAIN, aligned);
  if (start < aligned) return start;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, count);
  let i = 0;
  while (i < count && isPlainWord(words[i] as number)) i++;
  return run(bytes, aligned + i * WORD, PLAIN);
}

/**
 * Whether none of a word's four bytes is a control character, quote or backslash. SWAR test: subtracting borrows into
 * the top bit of bytes below 0x20, and of bytes that XOR made zero; bytes with their top bit set are excluded.
 */
function isPlainWord(word: number): boolean {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  return (((word - 0x20202020) | (quote - 0x01010101) | (backslash - 0x01010101)) & ~word & TOP_BITS) === 0;
}

/** Skips what follows a backslash. */
function escaped(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) return NONE;
  if (byte !== LETTER_U) return ((CLASSES[byte] as number) & ESCAPED) === 0 ? NONE : at + 1;
  for (let i = 1; i <= 4; i++) if (((CLASSES[bytes[at + i] ?? 0] as number) & HEX) === 0) return NONE;
  return at + 5;
}

function numeral(bytes: Uint8Array, from: number): number {
  const whole = bytes[from] === MINUS ? from + 1 : from;
  let at = bytes[whole] === ZERO ? whole + 1 : digits(bytes, whole);
  if (at > 0 && bytes[at] === POINT) at = digits(bytes, at + 1);
  // Either case of `e`.
  if (at > 0 && ((bytes[at] ?? 0) | 0x20) === 0x65) at = digits(bytes, sign(bytes, at + 1));
  return at;
}

function sign(bytes: Uint8Array, at: number): number {
  return bytes[at] === PLUS || bytes[at] === MINUS ? at + 1 : at;
}

/** Skips one digit or more. */
function digits(bytes: Uint8Array, from: number): number {
  const end = run(bytes, from, DIGIT);
  return end === from ? NONE : end;
}
