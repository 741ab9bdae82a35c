import { DatabaseSync } from 'node:sqlite';
import { isQueueName } from '../../contract/index.ts';
import type { QueuedEvent } from '../queue.ts';
import { eventOfRow, type Row } from './rows.ts';

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
    const last = lastRow(db);
    // By number, because a scan would end at the first damaged page.
    for (let seq = 1; seq <= last; seq++) {
      const event = readable(() => row.get(seq));
      if (event !== undefined) yield event;
    }
  } catch {
    // Nothing, or nothing more, can be read.
  } finally {
    if (db?.isOpen === true) db.close();
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
    const isWhole = event.event.byteLength === Number(row['event_bytes']) && Number.isFinite(event.expiresAt);
    return isWhole && event.id !== '' && isQueueName(event.functionName) ? event : undefined;
  } catch {
    return undefined;
  }
}
