import type { FunctionRecord } from './schema.ts';

/** What lists, routes and the start of a daemon need of a function, so that nothing reads all records. */
export interface FunctionOutline {
  readonly createdAt: number;
  readonly live: number;
  /** How many there are. */
  readonly versions: number;
  /** The highest number ever given. */
  readonly lastVersion: number;
  readonly updatedAt: number;
  /** Of the live version, as are those below. */
  readonly runtime: string;
  readonly routes: readonly string[];
  readonly minWarm: number;
}

/**
 * A function as it is kept in memory: as its line of the file (`"name":{record}`, without what ends it), which takes a
 * quarter of the room that its objects would, and none of the heap.
 */
export interface KeptFunction extends FunctionOutline {
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
  readonly origin: StateOrigin | undefined;

  constructor(
    functions: ReadonlyMap<string, KeptFunction>,
    retired: Readonly<Record<string, number>>,
    origin?: StateOrigin,
  ) {
    this.functions = functions;
    this.retired = retired;
    this.origin = origin;
  }

  /** The state that these records make. */
  static of(records: Iterable<FunctionRecord>, retired: Readonly<Record<string, number>> = {}): CatalogueState {
    return new CatalogueState(
      new Map(Array.from(records, (record) => [record.name, keep(record)])),
      retired,
    ).gathered();
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
    return new CatalogueState(functions, this.retired, this.origin);
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
      const after = record && keep(record);
      if (before === after || (before !== undefined && after !== undefined && lineOf(before) === lineOf(after)))
        continue;
      (after === undefined ? removed : changed).push(name);
      if (after === undefined) functions.delete(name);
      else functions.set(name, after);
    }
    const names = [...removed, ...changed];
    if (names.length === 0 && sameNumbers(this.retired, this.#base.retired)) return this.#base;
    return new CatalogueState(functions, this.retired, { base: this.#base.id, names }).gathered();
  }
}

/** What is kept of a record. `line`: where its line is, if it has one already. */
export function keep(
  record: FunctionRecord,
  line: Pick<KeptFunction, 'bytes' | 'start' | 'end'> = newLine(record),
): KeptFunction {
  const { createdAt, live, versions, lastVersion, updatedAt, runtime, routes, minWarm } = outlineOf(record);
  const { bytes, start, end } = line;
  // Written out, so that all have one compact shape.
  return { createdAt, live, versions, lastVersion, updatedAt, runtime, routes, minWarm, bytes, start, end };
}

function newLine(record: FunctionRecord): Pick<KeptFunction, 'bytes' | 'start' | 'end'> {
  const line = `${JSON.stringify(record.name)}:${JSON.stringify(record)}`;
  // Memory of its own: out of Buffer's shared pool a short line would keep a long piece of that from being freed.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(line));
  bytes.write(line);
  return { bytes, start: 0, end: bytes.length };
}

function outlineOf({ createdAt, live, versions, lastVersion, updatedAt }: FunctionRecord): FunctionOutline {
  const { runtime = '', routes = NO_ROUTES, minWarm = 0 } = versions[String(live)]?.config ?? {};
  return {
    createdAt,
    live,
    versions: Object.keys(versions).length,
    lastVersion,
    updatedAt,
    runtime,
    routes: routes.length === 0 ? NO_ROUTES : routes,
    minWarm,
  };
}

/** One for all, because most functions have none. */
const NO_ROUTES: readonly string[] = [];

function sameNumbers(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
