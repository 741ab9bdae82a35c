import type { DatabaseSync } from 'node:sqlite';

/**
 * What brings a database to the next version of the schema, kept in SQLite's `user_version`. The first may find its table there
 * already: the lam that introduced it kept no version. Columns are only added, so that an older lam can go on with the file.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS chunks (
     id INTEGER PRIMARY KEY,
     function TEXT NOT NULL,
     first_ms REAL NOT NULL,
     last_ms REAL NOT NULL,
     bytes INTEGER NOT NULL,
     body BLOB NOT NULL
   );
   CREATE INDEX IF NOT EXISTS chunks_by_function ON chunks (function, id);`,
  // The first node to be named gets number 1: this home's, which wrote what is there.
  `CREATE TABLE nodes (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
   ALTER TABLE chunks ADD COLUMN node INTEGER NOT NULL DEFAULT 1;`,
];

/** Makes the tables, or brings those of an older lam up to date; all or nothing. Throws SQLite's errors. */
export function prepareSchema(db: DatabaseSync): void {
  const { user_version: found } = db.prepare('PRAGMA user_version').get() ?? {};
  if (Number(found) >= STEPS.length) return;
  db.exec('BEGIN');
  try {
    for (const step of STEPS.slice(Number(found))) db.exec(step);
    db.exec(`PRAGMA user_version = ${STEPS.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The number that stands for a node in each row, given to it when it is new. */
export function numberOfNode(db: DatabaseSync, node: string): number {
  db.prepare('INSERT OR IGNORE INTO nodes (id) VALUES (?)').run(node);
  return Number(db.prepare('SELECT number FROM nodes WHERE id = ?').get(node)?.['number']);
}

/** All nodes that rows may name, by their numbers. */
export function nodesByNumber(db: DatabaseSync): Map<number, string> {
  const rows = db.prepare('SELECT number, id FROM nodes').all();
  return new Map(rows.map((row) => [Number(row['number']), String(row['id'])]));
}
