import { createHash } from 'node:crypto';
import type { FunctionName, RequestId, TriggerDetail, TriggerTest } from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { Lines } from '../kit/index.ts';
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
  /** A text that changes with its settings and whether it is paused; undefined for one that does not exist. */
  tag(trigger: TriggerReference): Promise<string | undefined>;
  /**
   * Runs `work` if a trigger has an expected tag, after all earlier work of this kind on it. Throws `LAM_REGISTRY_STALE`.
   */
  expecting<T>(
    trigger: TriggerReference & { readonly accepts: (tag: string | undefined) => boolean },
    work: () => Promise<T>,
  ): Promise<T>;
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

/** Length of a tag. */
const TAG_CHARS = 22;

/** Implements {@link TriggerOperations}. */
export function triggerOperations({ registry, triggers }: TriggerSupport): TriggerOperations {
  const lines = new Lines();
  const tag = async (trigger: TriggerReference): Promise<string | undefined> => {
    try {
      const { config, state } = await triggers.detail(trigger);
      const text = JSON.stringify([config, state === 'paused']);
      return createHash('sha256').update(text).digest('base64url').slice(0, TAG_CHARS);
    } catch (error) {
      if (isLamError(error) && error.code === 'LAM_TRIGGERS_NOT_FOUND') return undefined;
      throw error;
    }
  };
  return {
    list: (type) => triggers.list(type),
    detail: async (trigger) => {
      registry.resolve(trigger.functionName);
      return triggers.detail(trigger);
    },
    tag,
    expecting: ({ accepts, ...trigger }, work) =>
      lines.run(JSON.stringify([trigger.functionName, trigger.type, trigger.name]), async () => {
        if (!accepts(await tag(trigger))) throw lamError('LAM_REGISTRY_STALE', { name: trigger.functionName });
        return work();
      }),
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
