import type { LogQuery, LogRecord } from '../contract/index.ts';

/** Whether a record matches a query, whose `lines` is ignored. Pure. */
export function matches(record: LogRecord, query: LogQuery): boolean {
  if (query.since !== undefined && record.time < query.since) return false;
  if (query.until !== undefined && record.time > query.until) return false;
  if (query.requestId !== undefined && !isOf(record.requestId, query.requestId)) return false;
  if (query.version !== undefined && record.version !== query.version) return false;
  if (query.withoutPlatform === true && isRoutine(record)) return false;
  return query.search === undefined || record.text.toLowerCase().includes(query.search.toLowerCase());
}

function isOf(requestId: LogRecord['requestId'], start: string): boolean {
  return start === '' ? requestId === '' : requestId.startsWith(start);
}

function isRoutine({ platform }: LogRecord): boolean {
  return platform?.type === 'start' || platform?.type === 'report';
}
