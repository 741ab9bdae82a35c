import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type {
  TriggerConfig,
  TriggerDetail,
  TriggerPhase,
  TriggerState,
  TriggerTest,
  FunctionName,
  RequestId,
} from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { invariant } from '../../kit/index.ts';
import { kindOf, triggerName } from '../declared.ts';
import { variablesIn } from '../source/references.ts';
import { dropOthers, keptOf, triggerKey, type TriggerIdentity } from './kept.ts';
import type { TriggerKind } from '../kind.ts';
import type { TriggerOutcome, TriggerStarter } from '../running.ts';
import type { DeployedTriggers } from './deployed.ts';
import { watchLags, type OnLag } from './lag-watch.ts';
import { SupervisedTrigger, type TriggerParts } from './supervised-trigger.ts';

export interface SupervisorParts extends TriggerParts {
  readonly kinds: readonly TriggerKind[];
  readonly deployed: DeployedTriggers;
  readonly onLag?: OnLag;
}

/** A supervised trigger and the settings it was last given. */
interface Supervised {
  readonly trigger: SupervisedTrigger;
  readonly config: TriggerConfig;
  /** Values of the variables to which the settings refer. */
  readonly values: readonly (string | undefined)[];
}

/** A trigger to run, with its settings. */
interface Target {
  readonly kind: TriggerKind;
  readonly identity: TriggerIdentity;
  readonly config: TriggerConfig;
}

/**
 * Runs the triggers of all live versions: follows deploys, rollbacks and deletions and restarts failed triggers, whose
 * errors never reach the daemon. A trigger that the old and the new version share is not interrupted.
 */
export class TriggerSupervisor {
  readonly #parts: SupervisorParts;
  /** By function and trigger. Only functions with triggers that have a running half. */
  readonly #functions = new Map<FunctionName, Map<string, Supervised>>();
  /** Triggers that are stopping. A restart of the same trigger waits for the stop. */
  readonly #stopping = new Map<string, SupervisedTrigger>();
  readonly #starters = new Map<TriggerKind, Promise<TriggerStarter>>();
  #isOpen = false;
  #stopWatching: () => void = () => undefined;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    parts.deployed.onChange((functionName) => this.#follow(functionName));
  }

  /** Starts the triggers of all deployed functions and follows changes from now on. */
  start(): void {
    this.#isOpen = true;
    const { deployed, clock, onLag } = this.#parts;
    for (const functionName of deployed.names()) this.#follow(functionName);
    const live = [...this.#functions.values()].flatMap((triggers) => [...triggers.keys()]);
    dropOthers(new Set(live), this.#parts);
    if (onLag !== undefined) this.#stopWatching = watchLags(clock, () => this.#states(), onLag);
  }

  /** States of a function's triggers, in the order of declaration, for kinds with a running half. */
  statesOf(functionName: FunctionName): readonly TriggerState[] {
    return [...(this.#functions.get(functionName)?.values() ?? [])].map(({ trigger }) => trigger.state);
  }

  /** All triggers that run or are paused, or those of a type, by function and then as declared. */
  async list(type?: string): Promise<readonly TriggerDetail[]> {
    const details: TriggerDetail[] = [];
    for (const functionName of [...this.#functions.keys()].toSorted())
      for (const { trigger, config } of this.#functions.get(functionName)?.values() ?? [])
        if (type === undefined || config.type === type)
          details.push({ functionName, ...trigger.state, config, ...(await viewOf(trigger)) });
    return details;
  }

  /** One of them. Rejects with `LAM_TRIGGERS_NOT_FOUND`. */
  async detail(identity: TriggerIdentity): Promise<TriggerDetail> {
    const { functionName } = identity;
    const trigger = this.#triggerOf(identity);
    const config = this.#functions.get(functionName)?.get(triggerKey(identity))?.config ?? { type: identity.type };
    return { functionName, ...trigger.state, config, ...(await viewOf(trigger)) };
  }

  /**
   * Pauses or resumes a trigger, also after restarts. Rejects with `LAM_TRIGGERS_NOT_FOUND`, or with a `LAM_STORE_*` error
   * and then changes nothing.
   */
  async setPaused(identity: TriggerIdentity, isPaused: boolean): Promise<void> {
    await this.#triggerOf(identity).setPaused(isPaused);
  }

  /**
   * Makes a trigger that does not exist yet begin paused. Without it within this run of the daemon, the next one forgets
   * that. Rejects with a `LAM_STORE_*` error.
   */
  async pauseAhead(identity: TriggerIdentity): Promise<void> {
    await keptOf(identity, this.#parts).setPause({ isPaused: true, since: this.#parts.clock.now() });
  }

  /**
   * Queues an event of the trigger now, paused or not, and returns the id of its invocation. Rejects with
   * `LAM_TRIGGERS_NOT_FOUND`, `LAM_TRIGGERS_NO_EVENT` or the error of the queue.
   */
  async run(identity: TriggerIdentity): Promise<RequestId> {
    const requestId = await this.#triggerOf(identity).runNow();
    const { functionName, type, name } = identity;
    if (requestId === undefined) throw lamError('LAM_TRIGGERS_NO_EVENT', { name: functionName, trigger: name, type });
    return requestId;
  }

  /**
   * Sends an event through a trigger's filters to the function, paused or not, without its source: a sample, or `given`.
   * Rejects with `LAM_TRIGGERS_NOT_FOUND`, `LAM_TRIGGERS_NO_EVENT`, `LAM_TRIGGERS_BAD_EVENT` or the error of the router.
   */
  async test(identity: TriggerIdentity, given: unknown): Promise<TriggerTest> {
    const trial = await this.#triggerOf(identity).trial(given);
    const { functionName, type, name } = identity;
    if (trial === undefined) throw lamError('LAM_TRIGGERS_NO_EVENT', { name: functionName, trigger: name, type });
    const { event, filtered } = trial;
    if (trial.isFiltered) return { outcome: 'filtered', event, filtered };
    const outcome = await new Promise<TriggerOutcome>((settled) =>
      this.#parts.deliver(
        {
          id: `test-${randomUUID()}`,
          event: Buffer.from(JSON.stringify(event)),
          functionName,
          type,
          trigger: name,
          attempt: 1,
        },
        { settled },
      ),
    );
    if (outcome.kind === 'refused') throw outcome.error;
    const { kind, requestId, version } = outcome;
    return { outcome: kind, event, filtered, requestId, version, payload: jsonOrText(outcome.payload) };
  }

  /** Counts what became of an event that a trigger queued, also in an earlier daemon, if it is still there. */
  count(identity: TriggerIdentity, phase: TriggerPhase): void {
    this.#functions.get(identity.functionName)?.get(triggerKey(identity))?.trigger.count(phase);
  }

  *#states(): Iterable<readonly [TriggerIdentity, TriggerState]> {
    for (const triggers of this.#functions.values())
      for (const { trigger } of triggers.values()) yield [trigger.identity, trigger.state];
  }

  #triggerOf(identity: TriggerIdentity): SupervisedTrigger {
    const { functionName, type, name } = identity;
    const triggers = this.#functions.get(functionName);
    const found = triggers?.get(triggerKey(identity));
    if (found !== undefined) return found.trigger;
    const noun = kindOf({ type }, this.#parts.kinds)?.noun ?? 'trigger';
    const known = [...(triggers?.values() ?? [])].map(({ trigger }) => trigger.state);
    throw lamError('LAM_TRIGGERS_NOT_FOUND', {
      name: functionName,
      noun,
      trigger: name,
      known: known.filter((state) => state.type === type).map((state) => state.name),
    });
  }

  /**
   * Blocks further events and stops all triggers; resolves when they have stopped, at the latest after `limitMs`.
   * Idempotent.
   */
  async close(limitMs: number): Promise<void> {
    this.#isOpen = false;
    this.#stopWatching();
    const running = [...this.#functions.values()].flatMap((triggers) => [...triggers.values()]);
    this.#functions.clear();
    const all = [...running.map(({ trigger }) => trigger), ...this.#stopping.values()];
    const stopped = Promise.all(all.map((trigger) => trigger.set(undefined)));
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(limitMs, resolve);
      void stopped.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #follow(functionName: FunctionName): void {
    if (!this.#isOpen) return;
    const before = this.#functions.get(functionName);
    const after = new Map<string, Supervised>();
    for (const config of this.#parts.deployed.of(functionName)) {
      const kind = kindOf(config, this.#parts.kinds);
      if (kind?.load === undefined) continue;
      const name = triggerName(config, kind);
      const identity = { functionName, type: kind.type, name };
      const key = triggerKey(identity);
      after.set(key, this.#continue(key, before?.get(key), { kind, identity, config }));
    }
    for (const [key, { trigger }] of before ?? []) if (!after.has(key)) this.#stop(key, trigger);
    if (after.size === 0) this.#functions.delete(functionName);
    else this.#functions.set(functionName, after);
  }

  #continue(key: string, before: Supervised | undefined, to: Target): Supervised {
    const { kind, identity, config } = to;
    const values = variablesIn(config).map((name) => this.#parts.variable(identity.functionName, name));
    const isSame = before !== undefined && isDeepStrictEqual(before.config, config);
    if (isSame && isDeepStrictEqual(before.values, values)) return before;
    const trigger =
      before?.trigger ??
      this.#stopping.get(key) ??
      new SupervisedTrigger(identity, () => this.#starterOf(kind), this.#parts);
    this.#stopping.delete(key);
    // A copy of the same settings counts as others, which connects with the new values.
    void trigger.set(isSame ? structuredClone(config) : config);
    return { trigger, config, values };
  }

  #stop(key: string, trigger: SupervisedTrigger): void {
    this.#stopping.set(key, trigger);
    void trigger.set(undefined).then(() => {
      // Unless it was started again in the meantime.
      if (this.#stopping.get(key) !== trigger) return;
      this.#stopping.delete(key);
      trigger.drop();
    });
  }

  /** Loads the running half of a kind once; a failed load is retried by the next start. */
  #starterOf(kind: TriggerKind): Promise<TriggerStarter> {
    const known = this.#starters.get(kind);
    if (known !== undefined) return known;
    const loading = load(kind);
    this.#starters.set(kind, loading);
    loading.catch(() => this.#starters.delete(kind));
    return loading;
  }
}

async function viewOf(trigger: SupervisedTrigger): Promise<Pick<TriggerDetail, 'view'>> {
  const view = await trigger.view();
  return view === undefined ? {} : { view };
}

async function load(kind: TriggerKind): Promise<TriggerStarter> {
  const starter = await kind.load?.();
  invariant(starter !== undefined, `triggers of type '${kind.type}' can be run`);
  return starter;
}

function jsonOrText(payload: Uint8Array): unknown {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
