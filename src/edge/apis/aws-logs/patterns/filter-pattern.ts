import { readColumns } from './columns.ts';
import type { Decides } from './condition.ts';
import { readJsonPattern } from './json-documents.ts';
import { PatternReader } from './pattern-reader.ts';
import { readTerms } from './terms.ts';

/**
 * Compiles one of AWS's filter patterns: terms, `{ ... }` for JSON, `[ ... ]` for lines in columns, nothing for all
 * messages. What it returns never throws, and takes a time that grows with the message alone. Throws
 * `LAM_AWS_PARAMETER` for a pattern that AWS refuses.
 */
export function filterPattern(pattern: string): Decides<string> {
  const reader = new PatternReader(pattern);
  reader.skipSpace();
  if (reader.isAtEnd) return () => true;
  if (reader.next === '{') return readJsonPattern(reader);
  return reader.next === '[' ? readColumns(reader) : readTerms(reader);
}
