import { randomUUID } from 'node:crypto';
import { knownTraceId, type TraceId } from '../contract/index.ts';

/** Returns a new X-Ray trace header, for callers that sent none: runtimes always need one. `now` is milliseconds since the epoch. */
export function newTraceId(now: number = Date.now()): TraceId {
  // A UUID, because Node draws the entropy for UUIDs in advance; parts of its 32 digits are used twice.
  const id = randomUUID();
  const tail = id.slice(24);
  const root = id.slice(0, 8) + id.slice(9, 13) + tail;
  return knownTraceId(
    `Root=1-${Math.floor(now / 1000).toString(16)}-${root};Parent=${id.slice(19, 23)}${tail};Sampled=0`,
  );
}
