import type { Fault, Kind } from './kinds.ts';

/**
 * A failure and its texts. `D` is the data that the message needs; it must be JSON-safe, because it crosses the control
 * socket.
 */
export interface Entry<D = never> {
  readonly kind: Kind;
  readonly fault: Fault;
  /** The exception name that AWS clients receive, where the failure can reach one. */
  readonly aws?: string;
  /** What happened, with the value in quotes. One line. */
  readonly message: (d: D) => string;
  /** What to do, imperative, with a command that works when pasted. */
  readonly hint?: (d: D) => string;
}

/** Returns `e`, keeping its own data type while its shape is checked. */
export function entry<D = Record<never, never>>(e: Entry<D>): Entry<D> {
  return e;
}
