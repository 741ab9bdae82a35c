import { CONTROL, type QueuedAnswer, type TriggerDetail, type TriggerTest } from '../../contract/index.ts';
import type { CallOptions } from '../transport.ts';
import type { Calls } from './calls.ts';

/** A trigger of a function. */
export interface TriggerName {
  readonly functionName: string;
  readonly type: string;
  readonly name: string;
}

/** Triggers that the daemon runs. */
export interface TriggerCalls {
  /** Those of one type, or all. */
  list(type?: string, options?: CallOptions): Promise<readonly TriggerDetail[]>;
  get(trigger: TriggerName, options?: CallOptions): Promise<TriggerDetail>;
  pause(trigger: TriggerName, options?: CallOptions): Promise<void>;
  resume(trigger: TriggerName, options?: CallOptions): Promise<void>;
  /** Queues an event of the trigger now; returns the id of the invocation. */
  run(trigger: TriggerName, options?: CallOptions): Promise<QueuedAnswer>;
  /** Sends an event through the trigger to the function; a sample if it is undefined. */
  test(trigger: TriggerName, event?: unknown, options?: CallOptions): Promise<TriggerTest>;
}

/** Implements {@link TriggerCalls}. */
export function triggerCalls({ ask, send }: Calls): TriggerCalls {
  const path = ({ functionName, type, name }: TriggerName, action?: 'pause' | 'resume' | 'run' | 'test'): string =>
    CONTROL.trigger(functionName, type, name, action);
  return {
    list: (type, options) => ask('GET', CONTROL.triggers(type), options),
    get: (trigger, options) => ask('GET', path(trigger), options),
    pause: async (trigger, options) => void (await ask('POST', path(trigger, 'pause'), options)),
    resume: async (trigger, options) => void (await ask('POST', path(trigger, 'resume'), options)),
    run: (trigger, options) => ask('POST', path(trigger, 'run'), options),
    test: (trigger, event, options) =>
      send({ method: 'POST', path: path(trigger, 'test'), value: event === undefined ? {} : { event } }, options),
  };
}
