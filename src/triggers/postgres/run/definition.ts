import type { TableName } from '../table-name.ts';

/** Columns that a trigger reads and writes. A table may have others. */
export const COLUMNS: readonly string[] = [
  ...['id', 'topic', 'key', 'type', 'data', 'created_at'],
  ...['attempts', 'leased_by', 'leased_until', 'dead_at', 'error_type', 'error_message'],
];

/** Columns that a destination writes. */
export const RECORD_COLUMNS: readonly string[] = ['topic', 'type', 'data', 'record_id'];

/** Returns the SQL that makes an outbox table, its indexes and its notifications. docs/triggers.md shows it. Pure. */
export function definitionOf({ quoted, bare, prefix, channel }: TableName): string {
  return `CREATE TABLE ${quoted} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL DEFAULT '',
  key text,
  type text NOT NULL DEFAULT 'lam.postgres.row',
  data jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  leased_by integer,
  leased_until timestamptz,
  dead_at timestamptz,
  error_type text,
  error_message text,
  record_id uuid UNIQUE
);
CREATE INDEX "${bare}_waiting" ON ${quoted} (id) WHERE dead_at IS NULL;
CREATE INDEX "${bare}_keys" ON ${quoted} (key, id) WHERE dead_at IS NULL AND key IS NOT NULL;
CREATE INDEX "${bare}_leased" ON ${quoted} (leased_by) WHERE leased_by IS NOT NULL;
CREATE FUNCTION ${prefix}"${bare}_notify"() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_notify(TG_ARGV[0], ''''); RETURN NULL; END';
CREATE TRIGGER "${bare}_notify" AFTER INSERT OR UPDATE OF dead_at ON ${quoted}
  FOR EACH STATEMENT EXECUTE FUNCTION ${prefix}"${bare}_notify"('${channel}');
`;
}
