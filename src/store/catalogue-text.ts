import type { FunctionRecord } from './catalogue-schema.ts';
import { CATALOGUE_SCHEMA, functionFault, isObject, readCatalogue } from './catalogue-schema.ts';
import { CatalogueState, keep, type KeptFunction } from './catalogue-state.ts';

/** What the bytes of a catalogue hold. */
export type TextReading =
  | { readonly kind: 'ok'; readonly state: CatalogueState }
  | { readonly kind: 'newer'; readonly schema: number }
  | { readonly kind: 'corrupt'; readonly why: string };

const LAST_LINE = '}}';
const LINE_FEED = 10;
const NAMED = /^"([a-zA-Z0-9_-]+)":/;

/** The catalogue as JSON with a line for each function: a person can read it, and it is read back line by line. Pure. */
export function printCatalogue({ functions, retired }: CatalogueState): string {
  const lines = Array.from(functions, ([name, { text }]) => `${JSON.stringify(name)}:${text}`);
  const head = `{"schema":${CATALOGUE_SCHEMA},"retired":${JSON.stringify(retired)},"functions":{`;
  return `${head}\n${lines.join(',\n')}\n${LAST_LINE}\n`;
}

/** A source of bytes that can be read from its beginning again and again. */
export type Pieces = () => Iterable<Buffer>;

/** Reads what {@link printCatalogue} wrote, or any JSON of the same meaning, of any schema up to ours. */
export function parseCatalogue(pieces: Pieces): TextReading {
  const lines = linesOf(pieces());
  const state = byLine(lines);
  // So that who gives the pieces can close what it has open.
  lines.return();
  if (state !== undefined) return { kind: 'ok', state };
  const reading = readCatalogue(Buffer.concat(Array.from(pieces(), (piece) => Buffer.from(piece))).toString());
  if (reading.kind !== 'ok') return reading;
  const { functions, retired } = reading.data;
  return { kind: 'ok', state: CatalogueState.of(Object.values(functions), retired) };
}

/**
 * The state, when the lines are as {@link printCatalogue} makes them and nothing is wrong with them. Never holds more
 * than one function's objects, which would make the daemon's memory grow by many times of what is kept.
 */
function byLine(lines: Iterator<string>): CatalogueState | undefined {
  const head = parsed(`${nextOf(lines) ?? ''}${LAST_LINE}`);
  if (!isObject(head) || head['schema'] !== CATALOGUE_SCHEMA || !isObject(head['retired'])) return undefined;
  const functions = new Map<string, KeptFunction>();
  for (let line = nextOf(lines); line !== undefined; line = nextOf(lines)) {
    if (line === LAST_LINE) {
      const isEnd = nextOf(lines) === '' && nextOf(lines) === undefined;
      return isEnd ? new CatalogueState(functions, head['retired'] as Record<string, number>) : undefined;
    }
    if (line === '') continue;
    const name = NAMED.exec(line)?.[1];
    if (name === undefined || functions.has(name)) return undefined;
    const text = line.slice(name.length + 3, line.endsWith(',') ? -1 : undefined);
    const record = parsed(text);
    if (functionFault(name, record) !== undefined) return undefined;
    functions.set(name, keep(record as FunctionRecord, text));
  }
  return undefined;
}

function nextOf(lines: Iterator<string>): string | undefined {
  const { value, done } = lines.next();
  return done === true ? undefined : value;
}

/** Each as a string of its own, not as a part of one large one that none of them would let go. */
function* linesOf(pieces: Iterable<Buffer>): Generator<string, void> {
  let begun: Buffer[] = [];
  for (const piece of pieces) {
    let at = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, at)) {
      if (begun.length === 0) yield piece.toString('utf8', at, end);
      else yield Buffer.concat([...begun, piece.subarray(at, end)]).toString();
      begun = [];
      at = end + 1;
    }
    // A copy, because the next piece may come in the same memory.
    if (at < piece.length) begun.push(Buffer.from(piece.subarray(at)));
  }
  yield Buffer.concat(begun).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever asked reads the whole in another way then, which says what is wrong.
    return undefined;
  }
}
