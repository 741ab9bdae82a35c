import { CONTROL, type FunctionName, type TriggerDetail, type TriggerTest } from '../contract/index.ts';
import type { Ask } from './transport.ts';

/** Calls about triggers. */
export interface TriggerCalls {
  /** Triggers that the daemon runs, of one type or of all. */
  triggers(type?: string): Promise<readonly TriggerDetail[]>;
  pauseTrigger(name: FunctionName, type: string, trigger: string): Promise<void>;
  resumeTrigger(name: FunctionName, type: string, trigger: string): Promise<void>;
  /** Queues an event of the trigger now; returns the id of the invocation. */
  runTrigger(name: FunctionName, type: string, trigger: string): Promise<{ readonly requestId: string }>;
  /** Sends an event through the trigger to the function; a sample if it is undefined. */
  testTrigger(trigger: Pick<TriggerDetail, 'functionName' | 'type' | 'name'>, event: unknown): Promise<TriggerTest>;
}

/** Implements {@link TriggerCalls}. */
export function triggerCalls(
  ask: <T>(method: Ask['method'], path: string) => Promise<T>,
  send: <T>(method: Ask['method'], path: string, value: unknown) => Promise<T>,
): TriggerCalls {
  return {
    triggers: (type) => ask('GET', CONTROL.triggers(type)),
    pauseTrigger: async (...trigger) => void (await ask('POST', CONTROL.trigger(...trigger, 'pause'))),
    resumeTrigger: async (...trigger) => void (await ask('POST', CONTROL.trigger(...trigger, 'resume'))),
    runTrigger: (...trigger) => ask('POST', CONTROL.trigger(...trigger, 'run')),
    testTrigger: ({ functionName, type, name }, event) =>
      send('POST', CONTROL.trigger(functionName, type, name, 'test'), event === undefined ? {} : { event }),
  };
}
