import type { SQLOutputValue } from 'node:sqlite';
import {
  ASYNC_STATES,
  isQualifier,
  knownFunctionName,
  knownRequestId,
  type AsyncAttempt,
  type AsyncDetail,
  type AsyncInvocation,
  type DeadReason,
  type DestinationSetting,
  type Origin,
  type TraceId,
} from '../../contract/index.ts';
import type { QueuedEvent } from '../queue.ts';
import type { Lease } from './lease-table.ts';

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** What is stored of an event and never searched for, as JSON. */
export interface Facts {
  readonly origin: Origin;
  readonly traceId?: TraceId | undefined;
  readonly clientContext?: string | undefined;
  readonly http?: boolean | undefined;
  readonly verbatim?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
  readonly destination?: DestinationSetting | undefined;
}

const EMPTY = new Uint8Array(0);

export function factsOf(event: QueuedEvent): string {
  const { origin, traceId, clientContext, http, verbatim, timeoutMs, destination } = event;
  return JSON.stringify({ origin, traceId, clientContext, http, verbatim, timeoutMs, destination } satisfies Facts);
}

/** The event of a row that is joined with its body. */
export function eventOfRow(row: Row): QueuedEvent {
  const facts = JSON.parse(String(row['facts'])) as Facts;
  const { origin, traceId, clientContext } = facts;
  const { body, qualifier } = row;
  return {
    id: knownRequestId(String(row['id'])),
    functionName: knownFunctionName(String(row['function'])),
    qualifier: typeof qualifier === 'string' && isQualifier(qualifier) ? qualifier : undefined,
    event: body instanceof Uint8Array ? body : EMPTY,
    origin,
    traceId,
    clientContext,
    notBefore: Number(row['due']),
    expiresAt: Number(row['expires']),
    ...rareFacts(facts),
  };
}

/** Facts that few events have; what one lacks is left out. */
export function rareFacts({
  http,
  verbatim,
  timeoutMs,
  destination,
}: Facts): Pick<Facts, 'http' | 'verbatim' | 'timeoutMs' | 'destination'> {
  return {
    ...(http === undefined ? undefined : { http }),
    ...(verbatim === undefined ? undefined : { verbatim }),
    ...(timeoutMs === undefined ? undefined : { timeoutMs }),
    ...(destination === undefined ? undefined : { destination }),
  };
}

/** The invocation of a row, and of its lease, if it has one. */
export function invocationOfRow(row: Row, lease?: Lease): AsyncInvocation {
  const { qualifier, finished, dead } = row;
  const started = lease?.group.at ?? row['started'];
  const { origin } = JSON.parse(String(row['facts'])) as Facts;
  return {
    id: knownRequestId(String(row['id'])),
    functionName: knownFunctionName(String(row['function'])),
    ...(typeof qualifier === 'string' && isQualifier(qualifier) ? { qualifier } : {}),
    state: lease === undefined ? (ASYNC_STATES[Number(row['state'])] ?? 'PENDING') : 'RUNNING',
    origin,
    acceptedAt: Number(row['accepted']),
    notBefore: Number(row['due']),
    expiresAt: Number(row['expires']),
    ...(started === null || started === undefined ? {} : { startedAt: Number(started) }),
    ...(finished === null || finished === undefined ? {} : { finishedAt: Number(finished) }),
    attempts: Number(row['attempts']),
    interrupted: Number(row['interrupted']),
    eventBytes: Number(row['event_bytes']),
    ...(typeof dead === 'string' ? { dead: dead as DeadReason } : {}),
  };
}

/** The invocation of a row that is joined with its result, if any. */
export function detailOfRow(row: Row, lease?: Lease): AsyncDetail {
  const { history, payload, truncated, log } = row;
  return {
    ...invocationOfRow(row, lease),
    history: historyOf(history),
    ...(payload instanceof Uint8Array ? { payload } : {}),
    ...(Number(truncated) === 1 ? { isTruncated: true } : {}),
    ...(typeof log === 'string' ? { log } : {}),
  };
}

export function historyOf(text: SQLOutputValue | undefined): AsyncAttempt[] {
  return typeof text === 'string' ? (JSON.parse(text) as AsyncAttempt[]) : [];
}
