import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { isQueueName } from '../../contract/index.ts';
import type { QueuedEvent } from '../queue.ts';
import { eventOfRow, type Row } from './rows.ts';

/** Rows in turn that cannot be read or have finished, after which it ends: the greatest number may be damaged too. */
const MOST_MISSES = 1_000_000;

/**
 * Yields the events of a damaged database that were accepted and have not finished, as far as they can be read. Changes
 * nothing in the file. Never throws.
 */
export function* salvaged(path: string): Generator<QueuedEvent, void, void> {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    const row = db.prepare(
      'SELECT i.*, e.body FROM invocations i JOIN events e USING (seq) WHERE i.seq = ? AND i.state < 2',
    );
    const after = db.prepare('SELECT seq FROM invocations WHERE seq > ? ORDER BY seq LIMIT 1');
    const last = lastRow(db);
    let misses = 0;
    for (let seq = 1; seq <= last && misses < MOST_MISSES; seq = nextRow(after, seq)) {
      const event = readable(() => row.get(seq));
      misses = event === undefined ? misses + 1 : 0;
      if (event !== undefined) yield event;
    }
  } catch {
    // Nothing, or nothing more, can be read.
  } finally {
    if (db?.isOpen === true) db.close();
  }
}

/** The number of the next row; the next number where a damaged page hides it, at which a scan would end. */
function nextRow(after: StatementSync, seq: number): number {
  try {
    return Math.max(seq + 1, Number(after.get(seq)?.['seq'] ?? 0));
  } catch {
    return seq + 1;
  }
}

/** The greatest number of a row in the part that can be read; events and invocations have the same. */
function lastRow(db: DatabaseSync): number {
  let last = 0;
  for (const table of ['invocations', 'events']) {
    try {
      last = Math.max(last, Number(db.prepare(`SELECT max(seq) AS last FROM ${table}`).get()?.['last'] ?? 0));
    } catch {
      // The other one may do.
    }
  }
  return last;
}

function readable(read: () => Row | undefined): QueuedEvent | undefined {
  try {
    const row = read();
    if (row === undefined) return undefined;
    const event = eventOfRow(row);
    const isWhole =
      event.event.byteLength === Number(row['event_bytes']) &&
      Number.isFinite(event.expiresAt + (event.notBefore ?? 0));
    return isWhole && event.id !== '' && isQueueName(event.functionName) ? event : undefined;
  } catch {
    return undefined;
  }
}
