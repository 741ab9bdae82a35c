import { knownTraceId, type TraceId } from './ids.ts';

/** Most functions in a chain of functions that call each other. */
export const MOST_DEPTH = 16;

/** Header with the depth of the calling function, for callers without a trace header. In lower case. */
export const DEPTH_HEADER = 'x-lam-depth';

/** Most functions that a count can say; a longer one would not be read. */
const MOST_COUNT = 9999;

/** The field of a trace header that counts the functions of a chain, with each entry's count. */
const FIELD = /;? *\bLineage=([^;]*)/;
const COUNT = /(?:^|\|)(?:\d+:)?[0-9a-f]{1,16}:(\d{1,4})(?=\||$)/g;
/** Entry of lam in the field, without its count. */
const ENTRY = ';Lineage=1:6c616d00:';
const FIRST = `${ENTRY}1`;

/**
 * Number of functions in the chain that a trace header was passed along: the greatest count of its `Lineage` field, 0
 * without one. Pure.
 */
export function depthOf(traceId: string): number {
  if (!traceId.includes('Lineage=')) return 0;
  const entries = FIELD.exec(traceId)?.[1] ?? '';
  return Math.max(0, ...Array.from(entries.matchAll(COUNT), ([, count]) => Number(count)));
}

/** Returns the trace header with another count of functions, at most {@link MOST_COUNT}. Pure. */
export function withDepth(traceId: TraceId, depth: number): TraceId {
  if (depth === 1 && !traceId.includes('Lineage=')) return knownTraceId(traceId + FIRST);
  return knownTraceId(traceId.replace(FIELD, '').replace(/^; */, '') + ENTRY + Math.min(depth, MOST_COUNT));
}

/** Returns the trace header that a function receives which is called with this one. Pure. */
export function nextTraceId(traceId: TraceId): TraceId {
  return withDepth(traceId, depthOf(traceId) + 1);
}
