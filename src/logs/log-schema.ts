import type { DatabaseSync } from 'node:sqlite';
import { isNodeId, type NodeId } from '../contract/index.ts';

/**
 * Migrations; `user_version` counts those that a database has. The table of the first one may already exist, because it
 * was introduced without a version. Columns are only added, so that an older lam can use the file too.
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
  // This home's node is inserted first and gets number 1, so that it owns the rows from before this migration.
  `CREATE TABLE nodes (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
   ALTER TABLE chunks ADD COLUMN node INTEGER NOT NULL DEFAULT 1;`,
];

/** Creates the tables or migrates those of an older lam, in one transaction. Throws SQLite's errors. */
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

/** Returns the number of a node in rows; adds the node if it is new. */
export function numberOfNode(db: DatabaseSync, node: NodeId): number {
  db.prepare('INSERT OR IGNORE INTO nodes (id) VALUES (?)').run(node);
  return Number(db.prepare('SELECT number FROM nodes WHERE id = ?').get(node)?.['number']);
}

/** Returns the ids of all nodes by their numbers. */
export function nodesByNumber(db: DatabaseSync): Map<number, NodeId> {
  const rows = db.prepare('SELECT number, id FROM nodes').all();
  const nodes = new Map<number, NodeId>();
  for (const { number, id } of rows) if (typeof id === 'string' && isNodeId(id)) nodes.set(Number(number), id);
  return nodes;
}
