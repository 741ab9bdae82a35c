import {
  CONTROL,
  type ConfigDetail,
  type ConfigPatch,
  type FunctionDetail,
  type FunctionSummary,
  type InvokedAnswer,
  type Plain,
  type PublishAnswer,
  type QueuedAnswer,
  type RollbackAnswer,
  type RollbackRequest,
} from '../../contract/index.ts';
import { withParameters } from '../parameters.ts';
import type { CallOptions } from '../transport.ts';
import type { Calls } from './calls.ts';

/** How to invoke. */
export interface InvokeOptions extends CallOptions {
  /** A version or an alias; default: the live version. */
  readonly qualifier?: string;
  /** Adds the end of what it prints to the answer. */
  readonly log?: boolean;
}

/** How to queue an event. */
export interface QueueOptions extends CallOptions {
  readonly qualifier?: string;
  /** Earliest start (milliseconds since the epoch). */
  readonly notBefore?: number;
}

/** Functions as a whole. */
export interface FunctionCalls {
  list(options?: CallOptions): Promise<readonly FunctionSummary[]>;
  get(name: string, options?: CallOptions): Promise<FunctionDetail>;
  delete(name: string, options?: CallOptions): Promise<void>;
  rollback(name: string, request?: Plain<RollbackRequest>, options?: CallOptions): Promise<RollbackAnswer>;
  /** Invokes it with an event of JSON, and waits for the whole answer. A function that fails is an answer, too. */
  invoke(name: string, event?: unknown, options?: InvokeOptions): Promise<InvokedAnswer>;
  /** Queues an event; resolves once it is durable. */
  queue(name: string, event?: unknown, options?: QueueOptions): Promise<QueuedAnswer>;
}

/** Implements {@link FunctionCalls}. */
export function functionCalls({ ask, send }: Calls): FunctionCalls {
  return {
    list: (options) => ask('GET', CONTROL.functions, options),
    get: (name, options) => ask('GET', CONTROL.function(name), options),
    delete: async (name, options) => void (await ask('DELETE', CONTROL.function(name), options)),
    rollback: (name, value = {}, options = {}) =>
      send({ method: 'POST', path: CONTROL.rollback(name), value }, options),
    invoke: (name, value = {}, { qualifier, log, ...options } = {}) =>
      send({ method: 'POST', path: withParameters(CONTROL.invoke(name), { qualifier, log }), value }, options),
    queue: (name, value = {}, { qualifier, notBefore, ...options } = {}) =>
      send({ method: 'POST', path: withParameters(CONTROL.queue(name), { qualifier, notBefore }), value }, options),
  };
}

/** Settings of functions. */
export interface ConfigCalls {
  get(name: string, options?: CallOptions): Promise<ConfigDetail>;
  /** Changes live settings; publishes a version if the configuration changes. */
  patch(name: string, patch: Plain<ConfigPatch>, options?: CallOptions): Promise<PublishAnswer>;
}

/** Implements {@link ConfigCalls}. */
export function configCalls({ ask, send }: Calls): ConfigCalls {
  return {
    get: (name, options) => ask('GET', CONTROL.config(name), options),
    patch: (name, value, options) => send({ method: 'PATCH', path: CONTROL.config(name), value }, options),
  };
}
