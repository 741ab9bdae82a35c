import {
  CONTROL,
  type AsyncCounts,
  type AsyncInvocation,
  type AsyncPage,
  type AsyncQuery,
  type AsyncResult,
  type DeadLettersRequest,
  type VersionNumber,
} from '../contract/index.ts';
import { parametersOf } from './parameters.ts';
import type { Ask } from './transport.ts';

/** Calls about asynchronous invocations. */
export interface AsyncCalls {
  /** Asynchronous invocations, newest first. */
  invocations(query: AsyncQuery): Promise<AsyncPage>;
  /** One with its result; with `waitMs` (at most a minute) once it has finished or that time has passed. */
  invocation(id: string, waitMs?: number): Promise<AsyncResult>;
  /** The text of its event. */
  invocationEvent(id: string): Promise<{ readonly event: string }>;
  /** Returns the invocation as it was before. */
  cancelInvocation(id: string): Promise<AsyncInvocation>;
  /** Returns the id of the invocation that runs the event again. */
  retryInvocation(id: string, version?: VersionNumber): Promise<{ readonly id: string }>;
  redriveDeadLetters(request: DeadLettersRequest): Promise<{ readonly count: number }>;
  /** Counts of asynchronous invocations by function. */
  eventCounts(): Promise<Readonly<Record<string, AsyncCounts>>>;
  /** How many dead letters a request means. */
  countDeadLetters(request: DeadLettersRequest): Promise<{ readonly count: number }>;
  purgeDeadLetters(request: DeadLettersRequest): Promise<{ readonly count: number }>;
}

/** Makes the calls out of a client's ways to ask the daemon: without a body, and with one of JSON. */
export function asyncCalls(
  ask: <T>(method: Ask['method'], path: string) => Promise<T>,
  send: <T>(method: Ask['method'], path: string, value: unknown) => Promise<T>,
): AsyncCalls {
  return {
    invocations: ({ functionName, ...rest }) =>
      ask('GET', `${CONTROL.invocations}?${parametersOf({ ...rest, function: functionName })}`),
    invocation: (id, waitMs = 0) => ask('GET', `${CONTROL.invocation(id)}?wait=${waitMs}`),
    invocationEvent: (id) => ask('GET', CONTROL.invocationEvent(id)),
    cancelInvocation: (id) => ask('POST', CONTROL.cancelInvocation(id)),
    retryInvocation: (id, version) => send('POST', CONTROL.retryInvocation(id), { version }),
    redriveDeadLetters: (request) => send('POST', CONTROL.deadLetters('redrive'), request),
    eventCounts: () => ask('GET', CONTROL.eventCounts),
    countDeadLetters: (request) => send('POST', CONTROL.deadLetters('count'), request),
    purgeDeadLetters: (request) => send('POST', CONTROL.deadLetters('purge'), request),
  };
}
