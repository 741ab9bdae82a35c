import type { FunctionConfig } from '../../contract/index.ts';

/**
 * A piece of every live configuration that is kept in memory, because somebody needs it of all functions at once. It is
 * declared by those who need it and handed to `openStore`; a function that has none costs no memory.
 */
export interface OutlineFact<T> {
  /** For messages. */
  readonly name: string;
  /**
   * The fact of one configuration, or undefined when it has none. Pure; called once a version goes live, and at start.
   */
  derive(config: FunctionConfig): T | undefined;
}
