import { renameSync, statSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { knownFunctionName, type LogQuery, type LogRecord, type NodeId, type FunctionName } from '../contract/index.ts';
import { nodesByNumber, numberOfNode, prepareSchema } from './log-schema.ts';
import type { Chunk } from './messages.ts';
import { matches } from './query.ts';
import { decodeChunk } from './record-codec.ts';

/** Rows per page of a query; writes are served between pages. */
const PAGE_CHUNKS = 16;
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** Cursor of a query. */
export interface QueryCursor {
  readonly functionName: FunctionName;
  readonly query: LogQuery;
  /** Id of the last row that was read. */
  readonly after: number;
  /** Id of the last row when the query began; followers receive later rows. */
  readonly upTo: number;
}

export interface LogFileOptions {
  readonly path: string;
  /** Id of the node that writes. */
  readonly node: NodeId;
  /** Limit of records per function (bytes); the oldest are dropped. */
  readonly keepBytes: number;
}

/** An open database with its prepared statements. */
interface LogDatabase {
  readonly db: DatabaseSync;
  readonly insert: StatementSync;
  readonly page: StatementSync;
  /** Node ids by their numbers in rows. */
  readonly nodes: ReadonlyMap<number, NodeId>;
  /** The number of the node that writes. */
  readonly ownNumber: number;
  /** Size of the records by function (bytes). */
  readonly kept: Map<FunctionName, number>;
}

/** The SQLite file with everything functions printed: one row per function and flush. Used by one thread. */
export class LogFile {
  readonly #options: LogFileOptions;
  #database: LogDatabase;

  private constructor(options: LogFileOptions) {
    this.#options = options;
    this.#database = connect(options);
  }

  /**
   * Opens the file, or creates it. Moves a damaged one aside; `setAside` is its new name. Throws SQLite's error when
   * the file cannot be opened.
   */
  static open(options: LogFileOptions): { file: LogFile; setAside: string | undefined } {
    try {
      return { file: new LogFile(options), setAside: undefined };
    } catch (error) {
      if (!isDamage(error)) throw error;
      const setAside = moveAside(options.path);
      return { file: new LogFile(options), setAside };
    }
  }

  /**
   * Writes all chunks in one transaction, then drops the oldest rows of functions over their limit. Moves a damaged
   * file aside, writes to a new one, and returns the old one's new name.
   * @param bytes the buffer that the chunks are parts of
   */
  write(chunks: readonly Chunk[], bytes: Uint8Array): string | undefined {
    try {
      this.#write(chunks, bytes);
      return undefined;
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#database.db.close();
      const setAside = moveAside(this.#options.path);
      this.#database = connect(this.#options);
      this.#write(chunks, bytes);
      return setAside;
    }
  }

  #write(chunks: readonly Chunk[], bytes: Uint8Array): void {
    const { insert, ownNumber, kept } = this.#database;
    this.#atomically(() => {
      for (const c of chunks) {
        const body = bytes.subarray(c.start, c.end);
        insert.run(c.functionName, c.firstMs, c.lastMs, body.length, body, ownNumber);
      }
    });
    for (const c of chunks) kept.set(c.functionName, (kept.get(c.functionName) ?? 0) + c.end - c.start);
    for (const { functionName } of chunks) this.#trim(functionName);
  }

  /** Drops a function's oldest rows, down to its limit, once it exceeds that by a tenth. */
  #trim(functionName: FunctionName): void {
    let bytes = this.#database.kept.get(functionName) ?? 0;
    if (bytes <= this.#options.keepBytes * 1.1) return;
    let last = 0;
    for (const row of this.#database.db
      .prepare('SELECT id, bytes FROM chunks WHERE function = ? ORDER BY id')
      .iterate(functionName)) {
      if (bytes <= this.#options.keepBytes) break;
      last = Number(row['id']);
      bytes -= Number(row['bytes']);
    }
    this.#database.db.prepare('DELETE FROM chunks WHERE function = ? AND id <= ?').run(functionName, last);
    this.#database.kept.set(functionName, bytes);
    this.#database.db.exec('PRAGMA incremental_vacuum');
  }

  /** Begins a query over everything written so far. */
  begin(functionName: FunctionName, query: LogQuery): QueryCursor {
    const row = this.#database.db.prepare('SELECT max(id) AS last FROM chunks WHERE function = ?').get(functionName);
    return { functionName, query, after: 0, upTo: Number(row?.['last'] ?? 0) };
  }

  /** Returns the matching records of the next page, and a cursor unless it was the last one. */
  next(cursor: QueryCursor): { records: LogRecord[]; cursor: QueryCursor | undefined } {
    const { functionName, query, after, upTo } = cursor;
    const rows = this.#database.page.all(functionName, after, upTo, ...span(query), PAGE_CHUNKS);
    const records: LogRecord[] = [];
    for (const row of rows)
      for (const record of this.#recordsOf(row, query)) if (matches(record, query)) records.push(record);
    const last = rows.at(-1);
    return {
      records,
      cursor: last === undefined || rows.length < PAGE_CHUNKS ? undefined : { ...cursor, after: Number(last['id']) },
    };
  }

  /** Returns the newest `lines` records that match, oldest first. */
  newest(functionName: FunctionName, query: LogQuery, lines: number): LogRecord[] {
    const found: LogRecord[] = [];
    const sql =
      'SELECT id, body, node FROM chunks WHERE function = ? AND last_ms >= ? AND first_ms <= ? ORDER BY id DESC';
    for (const row of this.#database.db.prepare(sql).iterate(functionName, ...span(query))) {
      const hits = this.#recordsOf(row, query).filter((r) => matches(r, query));
      for (const hit of hits.toReversed()) found.push(hit);
      if (found.length >= lines) break;
    }
    return found.slice(0, lines).toReversed();
  }

  /** Deletes all records of a function. */
  delete(functionName: FunctionName): void {
    this.#database.db.prepare('DELETE FROM chunks WHERE function = ?').run(functionName);
    this.#database.kept.delete(functionName);
    this.#database.db.exec('PRAGMA incremental_vacuum');
  }

  /** Size of the records by function, and of the database's files (bytes). */
  sizes(): { sizes: Record<string, number>; total: number } {
    const size = (suffix: string): number =>
      statSync(this.#options.path + suffix, { throwIfNoEntry: false })?.size ?? 0;
    return { sizes: Object.fromEntries(this.#database.kept), total: size('') + size('-wal') };
  }

  close(): void {
    this.#database.db.close();
  }

  #recordsOf({ id, body, node }: Readonly<Record<string, SQLOutputValue>>, { withPosition }: LogQuery): LogRecord[] {
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) return [];
    const records = decodeChunk(body, this.#database.nodes.get(Number(node)) ?? '');
    return withPosition === true
      ? records.map((record, index) => ({ ...record, position: [Number(id), index] }))
      : records;
  }

  #atomically(run: () => void): void {
    this.#database.db.exec('BEGIN');
    try {
      run();
      this.#database.db.exec('COMMIT');
    } catch (error) {
      if (this.#database.db.isTransaction) this.#database.db.exec('ROLLBACK');
      throw error;
    }
  }
}

function connect({ path, node }: LogFileOptions): LogDatabase {
  const db = new DatabaseSync(path);
  try {
    // First, because it only takes effect on an empty database.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    // WAL with NORMAL: a power failure may lose the newest records, but does not corrupt the file.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    prepareSchema(db);
    const ownNumber = numberOfNode(db, node);
    return { db, insert: insertInto(db), page: pageOf(db), nodes: nodesByNumber(db), ownNumber, kept: keptIn(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function keptIn(db: DatabaseSync): Map<FunctionName, number> {
  const rows = db.prepare('SELECT function, sum(bytes) AS bytes FROM chunks GROUP BY function').all();
  return new Map(rows.map((row) => [knownFunctionName(String(row['function'])), Number(row['bytes'])]));
}

function insertInto(db: DatabaseSync): StatementSync {
  return db.prepare('INSERT INTO chunks (function, first_ms, last_ms, bytes, body, node) VALUES (?, ?, ?, ?, ?, ?)');
}

function pageOf(db: DatabaseSync): StatementSync {
  return db.prepare(
    'SELECT id, body, node FROM chunks WHERE function = ? AND id > ? AND id <= ? AND last_ms >= ? AND first_ms <= ? ORDER BY id LIMIT ?',
  );
}

function isDamage(error: unknown): boolean {
  // The lower byte is the primary result code.
  return error instanceof Error && 'errcode' in error && DAMAGED.has(Number(error.errcode) & 0xff);
}

/** Renames a damaged database, which is kept for inspection. Returns its new name. */
function moveAside(path: string): string {
  const setAside = `${path}.damaged-${Date.now()}`;
  renameSync(path, setAside);
  for (const suffix of ['-wal', '-shm']) {
    try {
      renameSync(path + suffix, setAside + suffix);
    } catch {
      // The file may be missing.
    }
  }
  return setAside;
}

function span(query: LogQuery): [number, number] {
  return [query.since ?? 0, query.until ?? Number.MAX_SAFE_INTEGER];
}
