import { renameSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { LogRecord } from '../contract/index.ts';
import { matches } from './query.ts';
import { decodeRecord } from './record-codec.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** How the thread is started. */
export interface LogWorkerData {
  /** The database file. */
  readonly file: string;
  /** Most bytes of records kept per function; the oldest go first. */
  readonly keepBytes: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS chunks (
    id INTEGER PRIMARY KEY,
    function TEXT NOT NULL,
    first_ms REAL NOT NULL,
    last_ms REAL NOT NULL,
    bytes INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS chunks_by_function ON chunks (function, id);
`;
/** Records per answer message. */
const BATCH = 2000;

const { file, keepBytes } = workerData as LogWorkerData;
const port = parentPort;

function open(): DatabaseSync {
  const db = new DatabaseSync(file);
  // WAL with NORMAL: a crash of the machine may lose the last moments of logs, never the file.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA auto_vacuum = INCREMENTAL;');
  db.exec(SCHEMA);
  return db;
}

function openOrSetAside(): { db: DatabaseSync; setAside: string | undefined } {
  try {
    return { db: open(), setAside: undefined };
  } catch {
    // Damaged or not a database: kept for whoever wants to look, and a new one begun.
    const setAside = `${file}.damaged-${Date.now()}`;
    renameSync(file, setAside);
    for (const suffix of ['-wal', '-shm']) {
      try {
        renameSync(file + suffix, setAside + suffix);
      } catch {
        // There need not be one.
      }
    }
    return { db: open(), setAside };
  }
}

function main(): void {
  if (port === null) return;
  const { db, setAside } = openOrSetAside();
  const insert = db.prepare('INSERT INTO chunks (function, first_ms, last_ms, bytes, body) VALUES (?, ?, ?, ?, ?)');
  const kept = new Map<string, number>();
  for (const row of db.prepare('SELECT function, sum(bytes) AS bytes FROM chunks GROUP BY function').all()) {
    kept.set(String(row['function']), Number(row['bytes']));
  }
  const send = (message: FromWorker): void => port.postMessage(message);
  const write = (message: Extract<ToWorker, { type: 'write' }>): void => {
    let failure: string | undefined;
    try {
      db.exec('BEGIN');
      for (const c of message.chunks) {
        insert.run(c.functionName, c.firstMs, c.lastMs, c.body.length, c.body);
        kept.set(c.functionName, (kept.get(c.functionName) ?? 0) + c.body.length);
      }
      db.exec('COMMIT');
      for (const c of message.chunks) trim(db, c.functionName, kept);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      if (db.isTransaction) db.exec('ROLLBACK');
    }
    send({ type: 'written', bytes: message.bytes, failure });
  };
  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'write':
        return write(message);
      case 'query':
        return answerQuery(db, message, send);
      case 'delete':
        db.prepare('DELETE FROM chunks WHERE function = ?').run(message.functionName);
        kept.delete(message.functionName);
        db.exec('PRAGMA incremental_vacuum');
        return send({ type: 'done', id: message.id });
      case 'sizes':
        return send({ type: 'sizes', id: message.id, sizes: Object.fromEntries(kept), total: statSync(file).size });
      case 'close':
        db.close();
        send({ type: 'done', id: message.id });
        return port.close();
      default:
        return message satisfies never;
    }
  });
  send({ type: 'ready', setAside });
}

/** Drops a function's oldest chunks once it holds a tenth more than it may. */
function trim(db: DatabaseSync, functionName: string, kept: Map<string, number>): void {
  let bytes = kept.get(functionName) ?? 0;
  if (bytes <= keepBytes * 1.1) return;
  for (const row of db.prepare('SELECT id, bytes FROM chunks WHERE function = ? ORDER BY id').all(functionName)) {
    if (bytes <= keepBytes) break;
    db.prepare('DELETE FROM chunks WHERE id = ?').run(Number(row['id']));
    bytes -= Number(row['bytes']);
  }
  kept.set(functionName, bytes);
  db.exec('PRAGMA incremental_vacuum');
}

function answerQuery(db: DatabaseSync, message: Extract<ToWorker, { type: 'query' }>, send: (m: FromWorker) => void): void {
  const { id, functionName, query } = message;
  const records = query.lines === undefined ? undefined : newest(chunksOf(db, 'DESC'), functionName, query, query.lines);
  if (records !== undefined) {
    send({ type: 'records', id, records, done: true });
    return;
  }
  let batch: LogRecord[] = [];
  for (const row of chunksOf(db, 'ASC').iterate(functionName, query.since ?? 0, query.until ?? Number.MAX_SAFE_INTEGER)) {
    for (const record of decodeBody(String(row['body']))) {
      if (!matches(record, query)) continue;
      batch.push(record);
      if (batch.length < BATCH) continue;
      send({ type: 'records', id, records: batch, done: false });
      batch = [];
    }
  }
  send({ type: 'records', id, records: batch, done: true });
}

function chunksOf(db: DatabaseSync, order: 'ASC' | 'DESC'): StatementSync {
  return db.prepare(`SELECT body FROM chunks WHERE function = ? AND last_ms >= ? AND first_ms <= ? ORDER BY id ${order}`);
}

/** Reads backwards until there are enough. */
function newest(statement: StatementSync, functionName: string, query: LogRecordQuery, lines: number): LogRecord[] {
  const found: LogRecord[] = [];
  for (const row of statement.iterate(functionName, query.since ?? 0, query.until ?? Number.MAX_SAFE_INTEGER)) {
    const hits = decodeBody(String(row['body'])).filter((r) => matches(r, query));
    found.push(...hits.reverse());
    if (found.length >= lines) break;
  }
  return found.slice(0, lines).reverse();
}

type LogRecordQuery = Extract<ToWorker, { type: 'query' }>['query'];

function decodeBody(body: string): LogRecord[] {
  const records: LogRecord[] = [];
  for (const line of body.split('\n')) {
    const record = decodeRecord(line);
    if (record !== undefined) records.push(record);
  }
  return records;
}

main();
