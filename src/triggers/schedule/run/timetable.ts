import type { EpochMs } from '../../../kit/index.ts';

/** The planned instants of a schedule. */
export interface Timetable {
  /** The first planned instant after `after` (exclusive), or undefined if there is none. */
  next(after: EpochMs): EpochMs | undefined;
}

/**
 * The last planned instant in (`from`, `to`], or undefined. Bisects, so that its cost does not grow with the number of
 * instants.
 */
export function lastIn(plan: Timetable, from: EpochMs, to: EpochMs): EpochMs | undefined {
  const isBefore = (at: EpochMs): boolean => {
    const next = plan.next(at);
    return next !== undefined && next <= to;
  };
  if (from >= to || !isBefore(from)) return undefined;
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (isBefore(middle)) low = middle;
    else high = middle;
  }
  return plan.next(low);
}

/** The last `limit` planned instants in (`from`, `to`], ascending; `isCut`: there are more. */
export function lastOnesIn(
  plan: Timetable,
  range: { readonly from: EpochMs; readonly to: EpochMs },
  limit: number,
): { readonly instants: readonly EpochMs[]; readonly isCut: boolean } {
  const { from, to } = range;
  // Grows the window backwards until it holds enough, so that not all instants of a long downtime are computed.
  for (let windowMs = 1000; ; windowMs *= 4) {
    const start = Math.max(from, to - windowMs);
    const found: EpochMs[] = [];
    for (let at = plan.next(start); at !== undefined && at <= to; at = plan.next(at)) found.push(at);
    if (found.length < limit && start > from) continue;
    const instants = found.slice(-limit);
    const earlier = plan.next(from);
    return { instants, isCut: earlier !== undefined && earlier < (instants[0] ?? earlier) };
  }
}
