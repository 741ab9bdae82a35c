import type { FunctionName, RequestId, TriggerDetail, TriggerTest } from '../contract/index.ts';
import type { Registry } from '../registry/index.ts';

/** Names a trigger among all functions. */
export interface TriggerReference {
  readonly functionName: FunctionName;
  readonly type: string;
  readonly name: string;
}

/** Triggers that the daemon runs; implemented by their supervisor. */
export interface TriggerRuntime {
  list(type?: string): Promise<readonly TriggerDetail[]>;
  detail(trigger: TriggerReference): Promise<TriggerDetail>;
  setPaused(trigger: TriggerReference, isPaused: boolean): Promise<void>;
  pauseAhead(trigger: TriggerReference): Promise<void>;
  run(trigger: TriggerReference): Promise<RequestId>;
  test(trigger: TriggerReference, event: unknown): Promise<TriggerTest>;
}

/** Triggers that the daemon runs, which are not those of type `http`. */
export interface TriggerOperations {
  /** Those of one type, or all, by function and then as declared. */
  list(type?: string): Promise<readonly TriggerDetail[]>;
  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` or `LAM_TRIGGERS_NOT_FOUND`. */
  detail(trigger: TriggerReference): Promise<TriggerDetail>;
  /**
   * Pauses or resumes one, also after restarts and for later versions that have it. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_TRIGGERS_NOT_FOUND` or a `LAM_STORE_*` error; then nothing was changed.
   */
  setPaused(trigger: TriggerReference, isPaused: boolean): Promise<void>;
  /**
   * Lets one that a following change adds begin paused. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` or a `LAM_STORE_*` error.
   */
  pauseAhead(trigger: TriggerReference): Promise<void>;
  /**
   * Queues an event of it now, paused or not; returns the id of the invocation. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_TRIGGERS_NOT_FOUND`, `LAM_TRIGGERS_NO_EVENT` or an error of the queue.
   */
  run(trigger: TriggerReference): Promise<{ readonly requestId: RequestId }>;
  /**
   * Sends an event through one to the function, paused or not, without its source: a sample if `event` is undefined.
   * Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_TRIGGERS_NOT_FOUND`, `LAM_TRIGGERS_NO_EVENT`, `LAM_TRIGGERS_BAD_EVENT`
   * or what an invocation throws.
   */
  test(trigger: TriggerReference, event: unknown): Promise<TriggerTest>;
}

/** Rooms that these operations use. */
export interface TriggerSupport {
  readonly registry: Registry;
  readonly triggers: TriggerRuntime;
}

/** Implements {@link TriggerOperations}. */
export function triggerOperations({ registry, triggers }: TriggerSupport): TriggerOperations {
  return {
    list: (type) => triggers.list(type),
    detail: async (trigger) => {
      registry.resolve(trigger.functionName);
      return triggers.detail(trigger);
    },
    setPaused: async (trigger, isPaused) => {
      registry.resolve(trigger.functionName);
      await triggers.setPaused(trigger, isPaused);
    },
    pauseAhead: async (trigger) => {
      registry.resolve(trigger.functionName);
      await triggers.pauseAhead(trigger);
    },
    run: async (trigger) => {
      registry.resolve(trigger.functionName);
      return { requestId: await triggers.run(trigger) };
    },
    test: async (trigger, event) => {
      registry.resolve(trigger.functionName);
      return triggers.test(trigger, event ?? undefined);
    },
  };
}
