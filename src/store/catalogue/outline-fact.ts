import type { FunctionConfig } from '../../contract/index.ts';
import type { FunctionRecord } from './schema.ts';

/**
 * A value derived from each live configuration and kept in memory, for code that needs it for all functions without
 * reading their records. Declared where it is needed and passed to `openStore`; functions without the fact cost no
 * memory.
 */
export interface OutlineFact<T> {
  /** Used in messages. */
  readonly name: string;
  /**
   * Returns the fact of a live configuration and its function, or undefined if it has none. Pure; called when a function
   * changes and at start.
   */
  derive(config: FunctionConfig, record: FunctionRecord): T | undefined;
}
