import assert from 'node:assert/strict';
import type { TriggerPhase, TriggerState } from '../../src/contract/index.ts';
import type { ObservedTrigger, Observer } from '../../src/observer/index.ts';

/** Adds up what an observer is told of triggers, as an exporter of metrics does. */
export class ObservedTriggers implements Observer {
  readonly #counts = new Map<string, Partial<Record<TriggerPhase, number>>>();
  readonly #lags = new Map<
    string,
    { readonly lag: number | undefined; readonly parts: Readonly<Record<string, number>> }
  >();

  trigger(trigger: ObservedTrigger, phase: TriggerPhase, count: number): void {
    const counts = this.#counts.get(keyOf(trigger)) ?? {};
    this.#counts.set(keyOf(trigger), { ...counts, [phase]: (counts[phase] ?? 0) + count });
  }

  lag(trigger: ObservedTrigger, lag: number | undefined, parts: Readonly<Record<string, number>>): void {
    this.#lags.set(keyOf(trigger), { lag, parts });
  }

  /** What was told last of a trigger's lag; undefined before. */
  lagOf(trigger: ObservedTrigger): number | undefined {
    return this.#lags.get(keyOf(trigger))?.lag;
  }

  /** Asserts that the counts that are shown of a trigger are those that were observed. */
  assertAgrees(functionName: ObservedTrigger['functionName'], { type, name, counts }: TriggerState): void {
    const { running: _running, held: _held, ...shown } = counts ?? assert.fail('a trigger has counts');
    const observed = this.#counts.get(keyOf({ functionName, type, name }));
    const nothing = { received: 0, filtered: 0, refused: 0, succeeded: 0, failed: 0, retried: 0, dead: 0 };
    assert.deepEqual({ ...nothing, ...observed }, shown);
  }
}

function keyOf({ functionName, type, name }: ObservedTrigger): string {
  return JSON.stringify([functionName, type, name]);
}
