import { blank, jsonEnd } from './is-json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/**
 * Finds the members of a JSON object without building their values: each as the bytes of its value, perhaps with white
 * space behind it. The last one of a name counts. Returns undefined for all that is no JSON object, for names with
 * escapes, and for values nested deeper than 512. Pure.
 */
export function jsonMembers(bytes: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const found = new Map<string, Buffer>();
  let at = blank(bytes, 0);
  if (bytes[at] !== OBJECT) return undefined;
  at = blank(bytes, at + 1);
  if (bytes[at] === OBJECT_END) return blank(bytes, at + 1) === bytes.length ? found : undefined;
  for (;;) {
    if (bytes[at] !== QUOTE) return undefined;
    const nameEnd = bytes.indexOf(QUOTE, at + 1);
    if (nameEnd < 0) return undefined;
    const name = bytes.subarray(at + 1, nameEnd);
    if (name.includes(BACKSLASH)) return undefined;
    at = blank(bytes, nameEnd + 1);
    if (bytes[at] !== COLON) return undefined;
    const start = blank(bytes, at + 1);
    at = jsonEnd(bytes, start);
    if (at < 0) return undefined;
    found.set(name.toString(), bytes.subarray(start, at));
    if (bytes[at] === OBJECT_END) return blank(bytes, at + 1) === bytes.length ? found : undefined;
    if (bytes[at] !== COMMA) return undefined;
    at = blank(bytes, at + 1);
  }
}
