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

/** Reads what {@link printCatalogue} wrote, or any JSON of the same meaning, of any schema up to ours. Pure; never throws. */
export function parseCatalogue(bytes: Buffer): TextReading {
  const state = byLine(bytes);
  if (state !== undefined) return { kind: 'ok', state };
  const reading = readCatalogue(bytes.toString());
  if (reading.kind !== 'ok') return reading;
  const { functions, retired } = reading.data;
  return { kind: 'ok', state: CatalogueState.of(Object.values(functions), retired) };
}

/**
 * The state, when the bytes are as {@link printCatalogue} lays them out and nothing is wrong with them. Never holds more
 * than one function's objects, which would make the daemon's memory grow by many times of what is kept.
 */
function byLine(bytes: Buffer): CatalogueState | undefined {
  const lines = linesOf(bytes);
  const head = parsed(`${lines.next().value ?? ''}${LAST_LINE}`);
  if (!isObject(head) || head['schema'] !== CATALOGUE_SCHEMA || !isObject(head['retired'])) return undefined;
  const functions = new Map<string, KeptFunction>();
  for (const line of lines) {
    if (line === LAST_LINE)
      return lines.next().done === true ? new CatalogueState(functions, head['retired'] as Record<string, number>) : undefined;
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

/** Each as a string of its own, not as a part of one large one that none of them would let go. */
function* linesOf(bytes: Buffer): Generator<string, undefined> {
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, at);
    const end = found === -1 ? bytes.length : found;
    yield bytes.toString('utf8', at, end);
    at = end + 1;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever asked reads the whole in another way then, which says what is wrong.
    return undefined;
  }
}
