import { readFileSync } from 'node:fs';
import { dirname, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A place in a script that runs; line and column count from 1. */
export interface Position {
  /** Path or `file:` URL. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What is kept of a source map (ECMA-426). */
interface SourceMap {
  /** Relative to the function's folder. */
  readonly sources: readonly string[];
  readonly mappings: string;
  /** For each generated line: where its segments begin, and the source, line and column before its first segment. */
  readonly lines: readonly number[];
}

/** Numbers of a segment of `mappings`: generated column, then source, line and column there, which count from 0. */
type Fields = [number, number, number, number];

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Values of the digits of Base64, by character code. */
const DIGITS = new Uint8Array(128);
for (let value = 0; value < BASE64.length; value++) DIGITS[BASE64.charCodeAt(value)] = value;
/** A digit's bits: five of the number, and the one that says that more follow. */
const [DIGIT_BITS, CONTINUES] = [5, 32];
const [COMMA, SEMICOLON] = [44, 59];
/** Numbers for each line in {@link SourceMap.lines}. */
const PER_LINE = 4;
/** Places that are kept, so that an error thrown often is looked up once. */
const MOST_KNOWN = 1000;

const maps = new Map<string, SourceMap | undefined>();
const known = new Map<string, string | undefined>();

/**
 * Returns `path:line:column` of the author's source for a place in a file below `roots` that has a source map beside it
 * (`FILE.map`); the path is relative to the root. Returns undefined without a map, for packages, and for lines that no
 * source has.
 */
export function authorsPosition(roots: readonly string[], at: Position): string | undefined {
  const key = `${at.file}:${at.line}:${at.column}`;
  if (known.has(key)) return known.get(key);
  if (known.size >= MOST_KNOWN) known.clear();
  const place = lookUp(roots, at);
  known.set(key, place);
  return place;
}

function lookUp(roots: readonly string[], { file, line, column }: Position): string | undefined {
  if (!maps.has(file)) maps.set(file, readMap(roots, file));
  const map = maps.get(file);
  const from = (line - 1) * PER_LINE;
  if (map === undefined || from >= map.lines.length) return undefined;
  const [at = 0, source = 0, atLine = 0, atColumn = 0] = map.lines.slice(from, from + PER_LINE);
  const fields: Fields = [0, source, atLine, atColumn];
  const covers = readLine(map.mappings, at, fields, column - 1).covers;
  const path = covers === undefined ? undefined : map.sources[covers[1]];
  return covers === undefined || path === undefined ? undefined : `${path}:${covers[2] + 1}:${covers[3] + 1}`;
}

function readMap(roots: readonly string[], file: string): SourceMap | undefined {
  try {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    const root = roots.find((folder) => path.startsWith(`${folder}/`));
    if (root === undefined || path.includes('/node_modules/')) return undefined;
    const map = JSON.parse(readFileSync(`${path}.map`, 'utf8')) as Record<string, unknown>;
    const { mappings, sources, sourceRoot } = map;
    if (typeof mappings !== 'string' || !Array.isArray(sources)) return undefined;
    const base = posix.join(relative(root, dirname(path)), typeof sourceRoot === 'string' ? sourceRoot : '');
    return { mappings, sources: sources.map((source) => posix.join(base, String(source))), lines: linesOf(mappings) };
  } catch {
    // Most files have none.
    return undefined;
  }
}

/** See {@link SourceMap.lines}. */
function linesOf(mappings: string): readonly number[] {
  const lines: number[] = [];
  const fields: Fields = [0, 0, 0, 0];
  for (let at = 0; at <= mappings.length;) {
    fields[0] = 0;
    lines.push(at, fields[1], fields[2], fields[3]);
    at = readLine(mappings, at, fields).end + 1;
  }
  return lines;
}

/**
 * Reads the segments of a line from `at`, adding their numbers, which are relative, to `fields`. Returns where the line
 * ends, and the numbers of the segment that covers `column`; undefined if none does, or it has no source.
 */
// oxlint-disable-next-line max-params -- an options object a line of a bundle would cost more than the reading
function readLine(
  mappings: string,
  at: number,
  fields: Fields,
  column = Infinity,
): { readonly end: number; readonly covers: Readonly<Fields> | undefined } {
  let covers: Readonly<Fields> | undefined;
  let end = at;
  for (; end < mappings.length && mappings.charCodeAt(end) !== SEMICOLON; end++) {
    const next = readSegment(mappings, end, fields);
    if (fields[0] > column) break;
    if (column !== Infinity) covers = next.count > 1 ? [...fields] : undefined;
    end = next.end;
    if (mappings.charCodeAt(end) !== COMMA) break;
  }
  return { end, covers };
}

/** Reads one segment; returns where it ends and how many numbers it has. */
function readSegment(mappings: string, at: number, fields: Fields): { readonly end: number; readonly count: number } {
  let [count, value, shift, end] = [0, 0, 0, at];
  for (; end < mappings.length; end++) {
    const code = mappings.charCodeAt(end);
    if (code === COMMA || code === SEMICOLON) break;
    const digit = DIGITS[code] ?? 0;
    value += (digit & (CONTINUES - 1)) << shift;
    shift += DIGIT_BITS;
    if ((digit & CONTINUES) !== 0) continue;
    // The lowest bit is the sign. A fifth number, of a name, is not kept.
    if (count < fields.length) fields[count as 0 | 1 | 2 | 3] += (value & 1) === 1 ? -(value >>> 1) : value >>> 1;
    count++;
    value = shift = 0;
  }
  return { end, count };
}
