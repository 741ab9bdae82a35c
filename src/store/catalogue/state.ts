import { invariant } from '../../kit/index.ts';
import type { OutlineFact } from './outline-fact.ts';
import type { FunctionRecord } from './schema.ts';

/** What lists of functions need of each, so that nothing reads all records. */
export interface FunctionOutline {
  readonly createdAt: number;
  readonly live: number;
  /** Number of versions. */
  readonly versions: number;
  /** The highest number ever given. */
  readonly lastVersion: number;
  /** When the live pointer last moved, milliseconds since the epoch. */
  readonly updatedAt: number;
  /** Of the live version. */
  readonly runtime: string;
}

/**
 * A function as it is kept in memory: as its line of the file (`"name":{record}`, without what ends it), which takes a
 * quarter of the room that its objects would, and none of the heap.
 */
export interface KeptFunction extends FunctionOutline {
  /** Values of the state's facts, in their order; empty when the function has none of them. */
  readonly facts: readonly unknown[];
  /** Holds the line, and as a rule those of other functions before and behind it. Never changed. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A view of the catalogue that cannot be changed. Names are in the order in which the functions were made. */
export interface CatalogueView {
  /** How many functions there are. */
  readonly size: number;
  readonly retired: Readonly<Record<string, number>>;
  has(name: string): boolean;
  names(): Iterable<string>;
  outline(name: string): FunctionOutline | undefined;
  /**
   * A fact of a function's live version; undefined when it has none, or there is no such function. Costs a look-up.
   * Throws `LAM_INTERNAL_INVARIANT` for a fact that the catalogue was not opened with.
   */
  fact<T>(name: string, fact: OutlineFact<T>): T | undefined;
  /** The reader's own copy: it costs some microseconds, more for a long history. */
  record(name: string): FunctionRecord | undefined;
}

/** Between two lines. */
const SEPARATOR = Buffer.from(',\n');
/** A state whose lines lie in more places than this is better brought together. */
const MOST_RUNS = 64;

/** From which state another was made, and the functions that were changed, removed ones first. */
export interface StateOrigin {
  /** {@link CatalogueState.id} of that state. */
  readonly base: number;
  readonly names: readonly string[];
}

/** All functions at one moment. Never changes. */
export class CatalogueState implements CatalogueView {
  static #made = 0;
  /** Of no other state in this process. */
  readonly id: number = ++CatalogueState.#made;
  readonly functions: ReadonlyMap<string, KeptFunction>;
  readonly retired: Readonly<Record<string, number>>;
  /** What is derived of each function besides its outline. */
  readonly facts: readonly OutlineFact<unknown>[];
  readonly origin: StateOrigin | undefined;

  constructor(
    functions: ReadonlyMap<string, KeptFunction>,
    retired: Readonly<Record<string, number>>,
    facts: readonly OutlineFact<unknown>[],
    origin?: StateOrigin,
  ) {
    this.functions = functions;
    this.retired = retired;
    this.facts = facts;
    this.origin = origin;
  }

  /** The state that these records make. */
  static of(
    records: Iterable<FunctionRecord>,
    retired: Readonly<Record<string, number>> = {},
    facts: readonly OutlineFact<unknown>[] = [],
  ): CatalogueState {
    const functions = new Map(Array.from(records, (record) => [record.name, keep(record, facts)]));
    return new CatalogueState(functions, retired, facts).gathered();
  }

  get size(): number {
    return this.functions.size;
  }

  has(name: string): boolean {
    return this.functions.has(name);
  }

  names(): Iterable<string> {
    return this.functions.keys();
  }

  outline(name: string): FunctionOutline | undefined {
    return this.functions.get(name);
  }

  fact<T>(name: string, fact: OutlineFact<T>): T | undefined {
    return this.functions.get(name)?.facts[indexOf(this.facts, fact)] as T | undefined;
  }

  record(name: string): FunctionRecord | undefined {
    const kept = this.functions.get(name);
    return kept === undefined ? undefined : (JSON.parse(`{${lineOf(kept)}}`) as Record<string, FunctionRecord>)[name];
  }

  /** All lines with separators between them, in few pieces: lines that follow each other in memory are one. */
  pieces(): readonly Buffer[] {
    const pieces: Buffer[] = [];
    let run: { readonly bytes: Buffer; readonly start: number; end: number } | undefined;
    const close = (): void => {
      if (run !== undefined) pieces.push(run.bytes.subarray(run.start, run.end));
    };
    for (const { bytes, start, end } of this.functions.values()) {
      if (run?.bytes === bytes && run.end + SEPARATOR.length === start) {
        run.end = end;
        continue;
      }
      close();
      if (run !== undefined) pieces.push(SEPARATOR);
      run = { bytes, start, end };
    }
    close();
    return pieces;
  }

  /** The same state with all lines in one place, unless they lie in few already. */
  gathered(): CatalogueState {
    const pieces = this.pieces();
    if (pieces.length <= MOST_RUNS) return this;
    const bytes = Buffer.concat(pieces);
    let start = 0;
    const functions = new Map<string, KeptFunction>();
    for (const [name, kept] of this.functions) {
      const end = start + kept.end - kept.start;
      functions.set(name, { ...kept, bytes, start, end });
      start = end + SEPARATOR.length;
    }
    return new CatalogueState(functions, this.retired, this.facts, this.origin);
  }
}

function lineOf({ bytes, start, end }: KeptFunction): string {
  return bytes.toString('utf8', start, end);
}

/** A state in the making: what is not touched is the base's, and costs nothing. */
export class CatalogueDraft implements CatalogueView {
  /** To be changed at will. */
  readonly retired: Record<string, number>;
  readonly #base: CatalogueState;
  /** Undefined stands for a function that is removed. */
  readonly #touched = new Map<string, FunctionRecord | undefined>();

  constructor(base: CatalogueState) {
    this.#base = base;
    this.retired = { ...base.retired };
  }

  get size(): number {
    let size = this.#base.size;
    for (const [name, record] of this.#touched) size += Number(record !== undefined) - Number(this.#base.has(name));
    return size;
  }

  has(name: string): boolean {
    return this.#touched.has(name) ? this.#touched.get(name) !== undefined : this.#base.has(name);
  }

  *names(): Iterable<string> {
    for (const name of this.#base.names()) if (this.has(name)) yield name;
    for (const [name, record] of this.#touched) if (record !== undefined && !this.#base.has(name)) yield name;
  }

  outline(name: string): FunctionOutline | undefined {
    if (!this.#touched.has(name)) return this.#base.outline(name);
    const record = this.#touched.get(name);
    return record && outlineOf(record);
  }

  fact<T>(name: string, fact: OutlineFact<T>): T | undefined {
    if (!this.#touched.has(name)) return this.#base.fact(name, fact);
    const record = this.#touched.get(name);
    return record && (factsOf(record, this.#base.facts)[indexOf(this.#base.facts, fact)] as T | undefined);
  }

  record(name: string): FunctionRecord | undefined {
    return this.#touched.has(name) ? structuredClone(this.#touched.get(name)) : this.#base.record(name);
  }

  /** The record itself, to be changed at will; undefined where there is none. */
  edit(name: string): FunctionRecord | undefined {
    if (!this.#touched.has(name)) {
      const record = this.#base.record(name);
      if (record === undefined) return undefined;
      this.#touched.set(name, record);
    }
    return this.#touched.get(name);
  }

  /** Adds a function; its record may be changed further. */
  add(record: FunctionRecord): void {
    this.#touched.set(record.name, record);
  }

  remove(name: string): void {
    this.#touched.set(name, undefined);
  }

  /** The state that came of it: the base itself when nothing in it is different. */
  finish(): CatalogueState {
    const functions = new Map(this.#base.functions);
    const removed: string[] = [];
    const changed: string[] = [];
    for (const [name, record] of this.#touched) {
      const before = functions.get(name);
      const after = record && keep(record, this.#base.facts);
      if (before === after || (before !== undefined && after !== undefined && lineOf(before) === lineOf(after)))
        continue;
      (after === undefined ? removed : changed).push(name);
      if (after === undefined) functions.delete(name);
      else functions.set(name, after);
    }
    const names = [...removed, ...changed];
    if (names.length === 0 && sameNumbers(this.retired, this.#base.retired)) return this.#base;
    const origin = { base: this.#base.id, names };
    return new CatalogueState(functions, this.retired, this.#base.facts, origin).gathered();
  }
}

/** What is kept of a record. `line`: where its line is, if it has one already. */
export function keep(
  record: FunctionRecord,
  facts: readonly OutlineFact<unknown>[],
  line: Pick<KeptFunction, 'bytes' | 'start' | 'end'> = newLine(record),
): KeptFunction {
  const { createdAt, live, versions, lastVersion, updatedAt, runtime } = outlineOf(record);
  const { bytes, start, end } = line;
  // Written out, so that all have one compact shape.
  return {
    createdAt,
    live,
    versions,
    lastVersion,
    updatedAt,
    runtime,
    facts: factsOf(record, facts),
    bytes,
    start,
    end,
  };
}

function newLine(record: FunctionRecord): Pick<KeptFunction, 'bytes' | 'start' | 'end'> {
  const line = `${JSON.stringify(record.name)}:${JSON.stringify(record)}`;
  // Memory of its own: out of Buffer's shared pool a short line would keep a long piece of that from being freed.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(line));
  bytes.write(line);
  return { bytes, start: 0, end: bytes.length };
}

function outlineOf({ createdAt, live, versions, lastVersion, updatedAt }: FunctionRecord): FunctionOutline {
  const { runtime = '' } = versions[String(live)]?.config ?? {};
  return { createdAt, live, versions: Object.keys(versions).length, lastVersion, updatedAt, runtime };
}

/** Shared by all functions without facts, which are most. */
const NO_FACTS: readonly unknown[] = [];

function factsOf({ live, versions }: FunctionRecord, facts: readonly OutlineFact<unknown>[]): readonly unknown[] {
  const config = versions[String(live)]?.config;
  if (config === undefined) return NO_FACTS;
  const values = facts.map((fact) => fact.derive(config));
  return values.every((value) => value === undefined) ? NO_FACTS : values;
}

function indexOf(facts: readonly OutlineFact<unknown>[], fact: OutlineFact<unknown>): number {
  const index = facts.indexOf(fact);
  invariant(index >= 0, `the catalogue was opened with the fact '${fact.name}'`);
  return index;
}

function sameNumbers(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
