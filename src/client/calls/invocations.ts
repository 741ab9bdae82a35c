import {
  CONTROL,
  type AsyncCounts,
  type AsyncInvocation,
  type AsyncPage,
  type AsyncQuery,
  type AsyncResult,
  type CountAnswer,
  type DeadLettersRequest,
  type EventAnswer,
  type Plain,
  type RetryAnswer,
  type RetryRequest,
} from '../../contract/index.ts';
import { withParameters } from '../parameters.ts';
import type { CallOptions } from '../transport.ts';
import type { Calls } from './calls.ts';

/** Asynchronous invocations. */
export interface InvocationCalls {
  /** Newest first. */
  list(query?: Partial<Plain<AsyncQuery>>, options?: CallOptions): Promise<AsyncPage>;
  /** One with its result; with `waitMs` (at most a minute) once it has finished or that time has passed. */
  get(id: string, options?: CallOptions & { readonly waitMs?: number }): Promise<AsyncResult>;
  /** The text of its event. */
  event(id: string, options?: CallOptions): Promise<EventAnswer>;
  /** Returns the invocation as it was before. */
  cancel(id: string, options?: CallOptions): Promise<AsyncInvocation>;
  /** Returns the id of the invocation that runs the event again. */
  retry(id: string, request?: Plain<RetryRequest>, options?: CallOptions): Promise<RetryAnswer>;
  /** Counts by function. */
  counts(options?: CallOptions): Promise<Readonly<Record<string, AsyncCounts>>>;
}

/** Implements {@link InvocationCalls}. */
export function invocationCalls({ ask, send }: Calls): InvocationCalls {
  return {
    list: ({ functionName, ...rest } = {}, options = {}) =>
      ask('GET', withParameters(CONTROL.invocations, { ...rest, function: functionName }), options),
    get: (id, { waitMs, ...options } = {}) =>
      ask('GET', withParameters(CONTROL.invocation(id), { wait: waitMs }), options),
    event: (id, options) => ask('GET', CONTROL.invocationEvent(id), options),
    cancel: (id, options) => ask('POST', CONTROL.cancelInvocation(id), options),
    retry: (id, value = {}, options = {}) =>
      send({ method: 'POST', path: CONTROL.retryInvocation(id), value }, options),
    counts: (options) => ask('GET', CONTROL.eventCounts, options),
  };
}

/** Events that were given up. */
export interface DeadLetterCalls {
  /** How many a request means. */
  count(request: Plain<DeadLettersRequest>, options?: CallOptions): Promise<CountAnswer>;
  redrive(request: Plain<DeadLettersRequest>, options?: CallOptions): Promise<CountAnswer>;
  purge(request: Plain<DeadLettersRequest>, options?: CallOptions): Promise<CountAnswer>;
}

/** Implements {@link DeadLetterCalls}. */
export function deadLetterCalls({ send }: Calls): DeadLetterCalls {
  const act =
    (action: 'count' | 'redrive' | 'purge'): DeadLetterCalls['count'] =>
    (value, options) =>
      send({ method: 'POST', path: CONTROL.deadLetters(action), value }, options);
  return { count: act('count'), redrive: act('redrive'), purge: act('purge') };
}
