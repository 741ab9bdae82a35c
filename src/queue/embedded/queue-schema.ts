import type { DatabaseSync } from 'node:sqlite';

/** Numbers of the states in rows. Running events are pending there; 1 is what older versions of lam wrote. */
export const STATE = { pending: 0, completed: 2, failed: 3, cancelled: 4 } as const;

/**
 * Migrations; `user_version` counts those that a database has. `due` orders the events of a function, and equals
 * `accepted` for those without a delay. Events and results are apart from the rows that lists and leases scan.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE invocations (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     function TEXT NOT NULL,
     qualifier TEXT,
     state INTEGER NOT NULL,
     due INTEGER NOT NULL,
     accepted INTEGER NOT NULL,
     expires INTEGER NOT NULL,
     started INTEGER,
     finished INTEGER,
     attempts INTEGER NOT NULL DEFAULT 0,
     interrupted INTEGER NOT NULL DEFAULT 0,
     event_bytes INTEGER NOT NULL,
     result_bytes INTEGER NOT NULL DEFAULT 0,
     dead TEXT,
     facts TEXT NOT NULL
   ) STRICT;
   CREATE INDEX waiting ON invocations (state, function, due, seq) WHERE state < 2;
   CREATE INDEX by_function ON invocations (function, seq);
   CREATE INDEX finished ON invocations (finished) WHERE state >= 2 AND dead IS NULL;
   CREATE INDEX dead_letters ON invocations (function, seq) WHERE dead IS NOT NULL;
   CREATE TABLE events (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
   CREATE TABLE results (
     seq INTEGER PRIMARY KEY,
     history TEXT NOT NULL,
     payload BLOB,
     truncated INTEGER NOT NULL,
     log TEXT
   ) STRICT;
   CREATE TABLE tallies (
     function TEXT PRIMARY KEY,
     pending INTEGER NOT NULL,
     running INTEGER NOT NULL,
     completed INTEGER NOT NULL,
     failed INTEGER NOT NULL,
     cancelled INTEGER NOT NULL,
     dead INTEGER NOT NULL,
     finished_bytes INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE tallies ADD COLUMN dead_bytes INTEGER NOT NULL DEFAULT 0;
   UPDATE tallies SET dead_bytes = (
     SELECT coalesce(sum(event_bytes + result_bytes), 0) FROM invocations i
     WHERE i.dead IS NOT NULL AND i.function = tallies.function
   );`,
  'CREATE INDEX named ON invocations (function, qualifier) WHERE qualifier IS NOT NULL AND (state < 2 OR dead IS NOT NULL)',
  // Leased events stay pending in their rows. Those of an older lam were interrupted.
  `CREATE TABLE leases (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, seqs TEXT NOT NULL) STRICT;
   UPDATE invocations SET state = 0, interrupted = interrupted + 1 WHERE state < 2 AND state = 1;`,
];

/** Schema version of a database; 0 for a new one. */
export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** The newest schema version that this lam reads. */
export const SCHEMA_VERSION = STEPS.length;

/** Creates the tables or migrates those of an older lam, in one transaction. Throws SQLite's errors. */
export function prepareQueueSchema(db: DatabaseSync): void {
  const found = schemaVersion(db);
  if (found >= SCHEMA_VERSION) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of STEPS.slice(found)) db.exec(step);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
