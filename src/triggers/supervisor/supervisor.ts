import { isDeepStrictEqual } from 'node:util';
import type { TriggerConfig, TriggerState, FunctionName } from '../../contract/index.ts';
import { invariant } from '../../kit/index.ts';
import { kindOf, triggerName } from '../declared.ts';
import type { TriggerKind } from '../kind.ts';
import type { TriggerStarter } from '../running.ts';
import type { DeployedTriggers } from './deployed.ts';
import { SupervisedTrigger } from './supervised-trigger.ts';
import type { HostParts, TriggerIdentity } from './trigger-host.ts';

export interface SupervisorParts extends HostParts {
  readonly kinds: readonly TriggerKind[];
  readonly deployed: DeployedTriggers;
}

/** A supervised trigger and the settings it was last given. */
interface Supervised {
  readonly trigger: SupervisedTrigger;
  config: TriggerConfig;
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

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    parts.deployed.onChange((functionName) => this.#follow(functionName));
  }

  /** Starts the triggers of all deployed functions and follows changes from now on. */
  start(): void {
    this.#isOpen = true;
    for (const functionName of this.#parts.deployed.names()) this.#follow(functionName);
  }

  /** States of a function's triggers, in the order of declaration, for kinds with a running half. */
  statesOf(functionName: FunctionName): readonly TriggerState[] {
    return [...(this.#functions.get(functionName)?.values() ?? [])].map(({ trigger }) => trigger.state);
  }

  /**
   * Blocks further events and stops all triggers; resolves when they have stopped, at the latest after `limitMs`.
   * Idempotent.
   */
  async close(limitMs: number): Promise<void> {
    this.#isOpen = false;
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
      const key = JSON.stringify([functionName, kind.type, name]);
      after.set(
        key,
        this.#continue(key, before?.get(key), { kind, identity: { functionName, type: kind.type, name }, config }),
      );
    }
    for (const [key, { trigger }] of before ?? []) if (!after.has(key)) this.#stop(key, trigger);
    if (after.size === 0) this.#functions.delete(functionName);
    else this.#functions.set(functionName, after);
  }

  #continue(key: string, before: Supervised | undefined, to: Target): Supervised {
    const { kind, identity, config } = to;
    if (before !== undefined && isDeepStrictEqual(before.config, config)) return before;
    const trigger =
      before?.trigger ??
      this.#stopping.get(key) ??
      new SupervisedTrigger(identity, () => this.#starterOf(kind), this.#parts);
    this.#stopping.delete(key);
    void trigger.set(config);
    return { trigger, config };
  }

  #stop(key: string, trigger: SupervisedTrigger): void {
    this.#stopping.set(key, trigger);
    void trigger.set(undefined).then(() => {
      // Unless it was started again in the meantime.
      if (this.#stopping.get(key) === trigger) this.#stopping.delete(key);
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

async function load(kind: TriggerKind): Promise<TriggerStarter> {
  const starter = await kind.load?.();
  invariant(starter !== undefined, `triggers of type '${kind.type}' can be run`);
  return starter;
}
