/** An outbox table and what belongs to it, as SQL names them. */
export interface TableName {
  /** `"schema"."table"`. */
  readonly quoted: string;
  /** Without its schema. */
  readonly bare: string;
  /** Schema in quotes with a point; empty for that of the search path. */
  readonly prefix: string;
  /** Channel of its notifications. */
  readonly channel: string;
}

const NAME = /^(?:([A-Za-z_][A-Za-z0-9_]{0,39})\.)?([A-Za-z_][A-Za-z0-9_]{0,39})$/;

/** Longest name of a channel (bytes; PostgreSQL). */
const LONGEST_CHANNEL = 63;

/** Reads the name of a table; undefined if it is none, or has characters that lam does not take. Pure. */
export function parseTable(text: string): TableName | undefined {
  const [, schema, bare] = NAME.exec(text) ?? [];
  if (bare === undefined || text.length > LONGEST_CHANNEL) return undefined;
  const prefix = schema === undefined ? '' : `"${schema}".`;
  return { quoted: `${prefix}"${bare}"`, bare, prefix, channel: text };
}
