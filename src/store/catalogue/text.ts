import type { FunctionRecord } from './schema.ts';
import { functionFault, isObject, retiredFault } from './record-fault.ts';
import { CATALOGUE_SCHEMA, readCatalogue } from './schema.ts';
import type { OutlineFact } from './outline-fact.ts';
import { CatalogueState, keep, type KeptFunction } from './state.ts';
import { knownFunctionName, type FunctionName, type VersionNumber } from '../../contract/index.ts';

/** Result of parsing a catalogue's bytes. */
export type TextReading =
  | { readonly kind: 'ok'; readonly state: CatalogueState }
  | { readonly kind: 'newer'; readonly schema: number }
  | { readonly kind: 'corrupt'; readonly why: string };

const LAST_LINE = '}}';
const END = Buffer.from(`\n${LAST_LINE}\n`);
const LINE_FEED = 10;
const COMMA = 44;
const NAMED = /^"([a-zA-Z0-9_-]+)":/;

/** Returns the catalogue as JSON with one line per function, which can be parsed line by line. Pure. */
export function printCatalogue(state: CatalogueState): readonly Buffer[] {
  const head = `{"schema":${CATALOGUE_SCHEMA},"retired":${JSON.stringify(state.retired)},"functions":{\n`;
  return [Buffer.from(head), ...state.pieces(), END];
}

/**
 * Parses what {@link printCatalogue} made, or equivalent JSON, of the current or an older schema. Never throws.
 * @param bytes must not be modified afterwards: the state keeps them
 */
export function parseCatalogue(bytes: Buffer, facts: readonly OutlineFact<unknown>[] = []): TextReading {
  const state = byLine(bytes, facts);
  if (state !== undefined) return { kind: 'ok', state };
  const reading = readCatalogue(bytes.toString());
  if (reading.kind !== 'ok') return reading;
  const { functions, retired } = reading.data;
  return { kind: 'ok', state: CatalogueState.of(Object.values(functions), retired, facts) };
}

/**
 * Returns the state if the bytes have the exact form of {@link printCatalogue} and are valid, else undefined. Parses
 * one function at a time: objects of all of them would take several times the memory of the result.
 */
function byLine(bytes: Buffer, facts: readonly OutlineFact<unknown>[]): CatalogueState | undefined {
  const headEnd = bytes.indexOf(LINE_FEED);
  const last = bytes.length - END.length;
  if (headEnd < 0 || last < headEnd || bytes.compare(END, 0, END.length, last) !== 0) return undefined;
  const head = parsed(bytes.toString('utf8', 0, headEnd) + LAST_LINE);
  if (!isObject(head) || head['schema'] !== CATALOGUE_SCHEMA || !isObject(head['retired'])) return undefined;
  if (retiredFault(head['retired']) !== undefined) return undefined;
  const functions = new Map<FunctionName, KeptFunction>();
  for (let start = headEnd + 1; start < last;) {
    const lineEnd = Math.min(last, bytes.indexOf(LINE_FEED, start));
    const end = lineEnd < last ? lineEnd - 1 : last;
    // All but the last have a comma at the end.
    if (lineEnd < last && bytes[end] !== COMMA) return undefined;
    const line = bytes.toString('utf8', start, end);
    const name = nameOf(line);
    if (name === undefined || functions.has(name)) return undefined;
    const record = parsed(line.slice(name.length + 3));
    if (functionFault(name, record) !== undefined) return undefined;
    functions.set(name, keep(record as FunctionRecord, facts, { bytes, start, end }));
    start = lineEnd + 1;
  }
  return new CatalogueState(functions, head['retired'] as Record<string, VersionNumber>, facts);
}

/** The name at the head of a function's line. */
function nameOf(line: string): FunctionName | undefined {
  const text = NAMED.exec(line)?.[1];
  return text === undefined ? undefined : knownFunctionName(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller then parses the whole text, which names the fault.
    return undefined;
  }
}
