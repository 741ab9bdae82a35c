import { lamError } from '../errors/index.ts';

/** Throws `LAM_INTERNAL_INVARIANT` unless `condition` holds: for what only a bug of lam can break. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw lamError('LAM_INTERNAL_INVARIANT', { what });
}
