import type { Fault, Kind } from './kinds.ts';

/**
 * One thing that can go wrong, and what to say about it. `D` is the data the message needs; it must be
 * JSON-safe, because it crosses the control socket.
 */
export interface Entry<D = never> {
  readonly kind: Kind;
  readonly fault: Fault;
  /** The AWS exception name an AWS client is told, where the failure can reach one. */
  readonly aws?: string;
  /** What happened, with the value in quotes. One line. */
  readonly message: (d: D) => string;
  /** What to do, imperative, with a command that works when pasted. */
  readonly hint?: (d: D) => string;
}

/** Keeps each entry's own data type while checking its shape. */
export function entry<D = Record<never, never>>(e: Entry<D>): Entry<D> {
  return e;
}
