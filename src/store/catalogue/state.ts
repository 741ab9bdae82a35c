import { invariant } from '../../kit/index.ts';
import type { OutlineFact } from './outline-fact.ts';
import type { FunctionRecord } from './schema.ts';
import type { FunctionName, VersionNumber } from '../../contract/index.ts';

/** What lists need of each function without reading its record. */
export interface FunctionOutline {
  readonly createdAt: number;
  readonly live: VersionNumber;
  /** Number of versions. */
  readonly versions: number;
  /** Highest version number so far. */
  readonly lastVersion: VersionNumber;
  /** When the live pointer last moved, milliseconds since the epoch. */
  readonly updatedAt: number;
  /** Of the live version. */
  readonly runtime: string;
}

/**
 * A function in memory: the bytes of its line in the file (`"name":{record}`, without separator), which are outside the
 * heap and take a quarter of the memory of its objects.
 */
export interface KeptFunction extends FunctionOutline {
  /** Values of the state's facts, in the same order; empty when all are undefined. */
  readonly facts: readonly unknown[];
  /** Buffer with the line, usually shared with other functions. Immutable. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Read-only view of the catalogue. Names are in order of creation. */
export interface CatalogueView {
  /** Number of functions. */
  readonly size: number;
  readonly retired: Readonly<Record<string, VersionNumber>>;
  has(name: FunctionName): boolean;
  names(): Iterable<FunctionName>;
  outline(name: FunctionName): FunctionOutline | undefined;
  /**
   * Returns a fact of a function's live version; undefined if it has none or the function does not exist. Throws
   * `LAM_INTERNAL_INVARIANT` for a fact that the catalogue was not opened with.
   */
  fact<T>(name: FunctionName, fact: OutlineFact<T>): T | undefined;
  /** Parses and returns a copy of the record; takes microseconds, more with a long history. */
  record(name: FunctionName): FunctionRecord | undefined;
}

/** Separator between two lines. */
const SEPARATOR = Buffer.from(',\n');
/** Above this number of separate pieces, a state is copied to one buffer. */
const MOST_RUNS = 64;

/** The state that another was made from, and the changed functions, removed ones first. */
export interface StateOrigin {
  /** {@link CatalogueState.id} of that state. */
  readonly base: number;
  readonly names: readonly FunctionName[];
}

/** Immutable snapshot of all functions. */
export class CatalogueState implements CatalogueView {
  static #made = 0;
  /** Unique among the states in this process. */
  readonly id: number = ++CatalogueState.#made;
  readonly functions: ReadonlyMap<FunctionName, KeptFunction>;
  readonly retired: Readonly<Record<string, VersionNumber>>;
  /** Facts that are kept of each function besides its outline. */
  readonly facts: readonly OutlineFact<unknown>[];
  readonly origin: StateOrigin | undefined;

  constructor(
    functions: ReadonlyMap<FunctionName, KeptFunction>,
    retired: Readonly<Record<string, VersionNumber>>,
    facts: readonly OutlineFact<unknown>[],
    origin?: StateOrigin,
  ) {
    this.functions = functions;
    this.retired = retired;
    this.facts = facts;
    this.origin = origin;
  }

  /** Makes a state of records. */
  static of(
    records: Iterable<FunctionRecord>,
    retired: Readonly<Record<string, VersionNumber>> = {},
    facts: readonly OutlineFact<unknown>[] = [],
  ): CatalogueState {
    const functions = new Map(Array.from(records, (record) => [record.name, keep(record, facts)]));
    return new CatalogueState(functions, retired, facts).gathered();
  }

  get size(): number {
    return this.functions.size;
  }

  has(name: FunctionName): boolean {
    return this.functions.has(name);
  }

  names(): Iterable<FunctionName> {
    return this.functions.keys();
  }

  outline(name: FunctionName): FunctionOutline | undefined {
    return this.functions.get(name);
  }

  fact<T>(name: FunctionName, fact: OutlineFact<T>): T | undefined {
    return this.functions.get(name)?.facts[indexOf(this.facts, fact)] as T | undefined;
  }

  record(name: FunctionName): FunctionRecord | undefined {
    const kept = this.functions.get(name);
    return kept === undefined ? undefined : (JSON.parse(`{${lineOf(kept)}}`) as Record<string, FunctionRecord>)[name];
  }

  /** Returns all lines with their separators; lines that are adjacent in memory are one piece. */
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

  /** Returns the state with all lines in one buffer, or itself if it has few pieces. */
  gathered(): CatalogueState {
    const pieces = this.pieces();
    if (pieces.length <= MOST_RUNS) return this;
    const bytes = Buffer.concat(pieces);
    let start = 0;
    const functions = new Map<FunctionName, KeptFunction>();
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

/** Copy-on-write draft of a state: functions that are not touched are shared with the base. */
export class CatalogueDraft implements CatalogueView {
  /** May be modified. */
  readonly retired: Record<string, VersionNumber>;
  readonly #base: CatalogueState;
  /** Undefined marks a removed function. */
  readonly #touched = new Map<FunctionName, FunctionRecord | undefined>();

  constructor(base: CatalogueState) {
    this.#base = base;
    this.retired = { ...base.retired };
  }

  get size(): number {
    let size = this.#base.size;
    for (const [name, record] of this.#touched) size += Number(record !== undefined) - Number(this.#base.has(name));
    return size;
  }

  has(name: FunctionName): boolean {
    return this.#touched.has(name) ? this.#touched.get(name) !== undefined : this.#base.has(name);
  }

  *names(): Iterable<FunctionName> {
    for (const name of this.#base.names()) if (this.has(name)) yield name;
    for (const [name, record] of this.#touched) if (record !== undefined && !this.#base.has(name)) yield name;
  }

  outline(name: FunctionName): FunctionOutline | undefined {
    if (!this.#touched.has(name)) return this.#base.outline(name);
    const record = this.#touched.get(name);
    return record && outlineOf(record);
  }

  fact<T>(name: FunctionName, fact: OutlineFact<T>): T | undefined {
    if (!this.#touched.has(name)) return this.#base.fact(name, fact);
    const record = this.#touched.get(name);
    return record && (factsOf(record, this.#base.facts)[indexOf(this.#base.facts, fact)] as T | undefined);
  }

  record(name: FunctionName): FunctionRecord | undefined {
    return this.#touched.has(name) ? structuredClone(this.#touched.get(name)) : this.#base.record(name);
  }

  /** Returns the record for editing, or undefined if the function does not exist. */
  edit(name: FunctionName): FunctionRecord | undefined {
    if (!this.#touched.has(name)) {
      const record = this.#base.record(name);
      if (record === undefined) return undefined;
      this.#touched.set(name, record);
    }
    return this.#touched.get(name);
  }

  /** Adds a function; its record may still be modified. */
  add(record: FunctionRecord): void {
    this.#touched.set(record.name, record);
  }

  remove(name: FunctionName): void {
    this.#touched.set(name, undefined);
  }

  /** Returns the new state, or the base itself if nothing differs. */
  finish(): CatalogueState {
    const functions = new Map(this.#base.functions);
    const removed: FunctionName[] = [];
    const changed: FunctionName[] = [];
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

/** Returns the in-memory form of a record. `line`: its bytes, if they exist already. */
export function keep(
  record: FunctionRecord,
  facts: readonly OutlineFact<unknown>[],
  line: Pick<KeptFunction, 'bytes' | 'start' | 'end'> = newLine(record),
): KeptFunction {
  const { createdAt, live, versions, lastVersion, updatedAt, runtime } = outlineOf(record);
  const { bytes, start, end } = line;
  // An explicit literal, so that all objects share one hidden class.
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
  // Not from Buffer's shared pool: a short line would keep a whole slab alive.
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

function factsOf(record: FunctionRecord, facts: readonly OutlineFact<unknown>[]): readonly unknown[] {
  const config = record.versions[String(record.live)]?.config;
  if (config === undefined) return NO_FACTS;
  const values = facts.map((fact) => fact.derive(config, record));
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
