import { renameSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import type { LogQuery, LogRecord } from '../contract/index.ts';
import type { Chunk } from './messages.ts';
import { matches } from './query.ts';
import { decodeChunk } from './record-codec.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS chunks (
    id INTEGER PRIMARY KEY,
    function TEXT NOT NULL,
    first_ms REAL NOT NULL,
    last_ms REAL NOT NULL,
    bytes INTEGER NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS chunks_by_function ON chunks (function, id);
`;
/** Chunks read at a time, so that writes get their turn during a long query. */
const PAGE_CHUNKS = 16;
/** SQLite's result codes for a file that is damaged, or no database at all. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** Where a query stands. */
export interface Cursor {
  readonly functionName: string;
  readonly query: LogQuery;
  /** The last chunk that was read. */
  readonly after: number;
  /** The last chunk there was when the query began: what is written later is for followers. */
  readonly upTo: number;
}

/** The SQLite file with everything functions printed: a row per function and flush. For one thread alone. */
export class LogFile {
  readonly #path: string;
  readonly #keepBytes: number;
  #db: DatabaseSync;
  #insert: StatementSync;
  #page: StatementSync;
  readonly #kept: Map<string, number> = new Map();

  private constructor(path: string, keepBytes: number, db: DatabaseSync) {
    this.#path = path;
    this.#keepBytes = keepBytes;
    this.#db = db;
    this.#insert = insertInto(db);
    this.#page = pageOf(db);
    for (const row of db.prepare('SELECT function, sum(bytes) AS bytes FROM chunks GROUP BY function').all()) {
      this.#kept.set(String(row['function']), Number(row['bytes']));
    }
  }

  /**
   * Opens or begins a file. A damaged one is moved out of the way, and `setAside` is its new name. Throws SQLite's error
   * where no file can be had.
   * @param keepBytes most bytes of records kept per function; the oldest go first
   */
  static open(path: string, keepBytes: number): { file: LogFile; setAside: string | undefined } {
    try {
      return { file: new LogFile(path, keepBytes, connect(path)), setAside: undefined };
    } catch (error) {
      if (!isDamage(error)) throw error;
      const setAside = moveAside(path);
      return { file: new LogFile(path, keepBytes, connect(path)), setAside };
    }
  }

  /**
   * Writes all or nothing, then drops what is more than may be kept. Where the file turns out to be damaged, writes to
   * a new one and returns the name the old one was given.
   * @param bytes what the chunks are parts of
   */
  write(chunks: readonly Chunk[], bytes: Uint8Array): string | undefined {
    try {
      this.#write(chunks, bytes);
      return undefined;
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#db.close();
      const setAside = moveAside(this.#path);
      this.#db = connect(this.#path);
      this.#insert = insertInto(this.#db);
      this.#page = pageOf(this.#db);
      this.#kept.clear();
      this.#write(chunks, bytes);
      return setAside;
    }
  }

  #write(chunks: readonly Chunk[], bytes: Uint8Array): void {
    this.#atomically(() => {
      for (const c of chunks)
        this.#insert.run(c.functionName, c.firstMs, c.lastMs, c.end - c.start, bytes.subarray(c.start, c.end));
    });
    for (const c of chunks) this.#kept.set(c.functionName, (this.#kept.get(c.functionName) ?? 0) + c.end - c.start);
    for (const { functionName } of chunks) this.#trim(functionName);
  }

  /** Drops a function's oldest chunks once it holds a tenth more than it may. */
  #trim(functionName: string): void {
    let bytes = this.#kept.get(functionName) ?? 0;
    if (bytes <= this.#keepBytes * 1.1) return;
    let last = 0;
    for (const row of this.#db
      .prepare('SELECT id, bytes FROM chunks WHERE function = ? ORDER BY id')
      .iterate(functionName)) {
      if (bytes <= this.#keepBytes) break;
      last = Number(row['id']);
      bytes -= Number(row['bytes']);
    }
    this.#db.prepare('DELETE FROM chunks WHERE function = ? AND id <= ?').run(functionName, last);
    this.#kept.set(functionName, bytes);
    this.#db.exec('PRAGMA incremental_vacuum');
  }

  /** The beginning of a query: everything written up to now. */
  begin(functionName: string, query: LogQuery): Cursor {
    const row = this.#db.prepare('SELECT max(id) AS last FROM chunks WHERE function = ?').get(functionName);
    return { functionName, query, after: 0, upTo: Number(row?.['last'] ?? 0) };
  }

  /** The next records that match, in the order of printing, and where to go on; no cursor when that was all. */
  next(cursor: Cursor): { records: LogRecord[]; cursor: Cursor | undefined } {
    const { functionName, query, after, upTo } = cursor;
    const rows = this.#page.all(functionName, after, upTo, ...span(query), PAGE_CHUNKS);
    const records: LogRecord[] = [];
    for (const row of rows) for (const record of recordsOf(row)) if (matches(record, query)) records.push(record);
    const last = rows.at(-1);
    return {
      records,
      cursor: last === undefined || rows.length < PAGE_CHUNKS ? undefined : { ...cursor, after: Number(last['id']) },
    };
  }

  /** The newest `lines` records that match, in the order of printing. */
  newest(functionName: string, query: LogQuery, lines: number): LogRecord[] {
    const found: LogRecord[] = [];
    const sql = 'SELECT body FROM chunks WHERE function = ? AND last_ms >= ? AND first_ms <= ? ORDER BY id DESC';
    for (const row of this.#db.prepare(sql).iterate(functionName, ...span(query))) {
      const hits = recordsOf(row).filter((r) => matches(r, query));
      for (const hit of hits.toReversed()) found.push(hit);
      if (found.length >= lines) break;
    }
    return found.slice(0, lines).toReversed();
  }

  /** Forgets all of a function's records. */
  delete(functionName: string): void {
    this.#db.prepare('DELETE FROM chunks WHERE function = ?').run(functionName);
    this.#kept.delete(functionName);
    this.#db.exec('PRAGMA incremental_vacuum');
  }

  /** Bytes of records per function, and of the files. */
  sizes(): { sizes: Record<string, number>; total: number } {
    const size = (suffix: string): number => statSync(this.#path + suffix, { throwIfNoEntry: false })?.size ?? 0;
    return { sizes: Object.fromEntries(this.#kept), total: size('') + size('-wal') };
  }

  close(): void {
    this.#db.close();
  }

  #atomically(run: () => void): void {
    this.#db.exec('BEGIN');
    try {
      run();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    // First, because it holds only for a file in which nothing was written yet.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    // WAL with NORMAL: a crash of the machine may lose the last moments of logs, never the file.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    db.exec(SCHEMA);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function insertInto(db: DatabaseSync): StatementSync {
  return db.prepare('INSERT INTO chunks (function, first_ms, last_ms, bytes, body) VALUES (?, ?, ?, ?, ?)');
}

function pageOf(db: DatabaseSync): StatementSync {
  return db.prepare(
    'SELECT id, body FROM chunks WHERE function = ? AND id > ? AND id <= ? AND last_ms >= ? AND first_ms <= ? ORDER BY id LIMIT ?',
  );
}

function isDamage(error: unknown): boolean {
  // The lower byte is the primary result code.
  return error instanceof Error && 'errcode' in error && DAMAGED.has(Number(error.errcode) & 0xff);
}

/** Kept for whoever wants to look. Returns its new name. */
function moveAside(path: string): string {
  const setAside = `${path}.damaged-${Date.now()}`;
  renameSync(path, setAside);
  for (const suffix of ['-wal', '-shm']) {
    try {
      renameSync(path + suffix, setAside + suffix);
    } catch {
      // There need not be one.
    }
  }
  return setAside;
}

function span(query: LogQuery): [number, number] {
  return [query.since ?? 0, query.until ?? Number.MAX_SAFE_INTEGER];
}

function recordsOf(row: Readonly<Record<string, SQLOutputValue>>): LogRecord[] {
  const { body } = row;
  return typeof body === 'string' || body instanceof Uint8Array ? decodeChunk(body) : [];
}
