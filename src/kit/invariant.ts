import { lamError } from '../errors/index.ts';

/** Throws `LAM_INTERNAL_INVARIANT` unless `condition` holds. For conditions that only a bug in lam can break. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw lamError('LAM_INTERNAL_INVARIANT', { what });
}
