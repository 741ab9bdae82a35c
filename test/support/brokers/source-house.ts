import assert from 'node:assert/strict';
import { CONTROL, type FunctionDetail, type TriggerConfig, type TriggerState } from '../../../src/contract/index.ts';
import type { InvokeOutcome } from '../../../src/executor/session.ts';
import { systemClock, type Clock } from '../../../src/kit/index.ts';
import { asFunctionName } from '../ids.ts';
import { edgeHouse, type EdgeHouse } from '../edge-house.ts';
import type { MemoryCall } from '../memory-driver.ts';
import { ObservedTriggers } from '../observed-triggers.ts';

/** Name of the function in a {@link SourceHouse}. */
const FUNCTION = 'consumer';

/** What the handler returns for an event; a thrown error becomes a function error. */
export type Handle = (event: never) => unknown;

/** A daemon with one function that triggers invoke. */
export interface SourceHouse extends AsyncDisposable {
  readonly house: EdgeHouse;
  readonly observed: ObservedTriggers;
  /** Deploys the function with these triggers and variables. */
  deploy(triggers: readonly TriggerConfig[], environment?: Readonly<Record<string, string>>): Promise<void>;
  /** State of its only trigger. */
  state(): Promise<TriggerState>;
  /** Pauses or resumes its only trigger. */
  setPaused(isPaused: boolean): Promise<void>;
  /** Waits for a state of the trigger. */
  reaches(is: (state: TriggerState) => boolean): Promise<TriggerState>;
}

/** Runs ten times as fast as the system's, so that nobody waits long for the next attempt to connect. */
const QUICK_CLOCK: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 10,
  after: (ms, run) => systemClock.after(ms / 10, run),
  every: (ms, run) => systemClock.every(ms / 10, run),
};

/** Starts a daemon whose function runs `handle`. */
export async function sourceHouse(handle: Handle): Promise<SourceHouse> {
  const handlers = { [FUNCTION]: ({ event }: MemoryCall) => outcomeOf(handle, event) };
  const observed = new ObservedTriggers();
  const house = await edgeHouse(handlers, { clock: QUICK_CLOCK, observers: [observed] });
  const state = async (): Promise<TriggerState> => {
    const detail = (await house.control(`/_lam/v1/functions/${FUNCTION}`)).json() as unknown as FunctionDetail;
    const [first] = detail.triggerStates;
    assert.ok(first, 'the function has a trigger');
    return first;
  };
  return {
    house,
    observed,
    state,
    async deploy(triggers, environment = {}) {
      await house.publish(FUNCTION, { triggers, environment, timeoutMs: 900_000 });
    },
    async setPaused(isPaused) {
      const { type, name } = await state();
      const path = CONTROL.trigger(asFunctionName(FUNCTION), type, name, isPaused ? 'pause' : 'resume');
      const { status } = await house.control(path, { method: 'POST' });
      assert.equal(Math.floor(status / 100), 2);
    },
    async reaches(is) {
      for (;;) {
        const now = await state();
        if (is(now)) return now;
        await turn();
      }
    },
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}

async function outcomeOf(handle: Handle, event: Uint8Array): Promise<InvokeOutcome> {
  try {
    const result: unknown = await handle(JSON.parse(Buffer.from(event).toString()) as never);
    return { kind: 'result', payload: Buffer.from(JSON.stringify(result ?? null)) };
  } catch (error) {
    const document = { errorType: 'Refused', errorMessage: String(error) };
    return { kind: 'error', payload: Buffer.from(JSON.stringify(document)), errorType: 'Refused' };
  }
}

/** Waits until `is` is true. */
export async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await turn();
}

/** Lets others run: a broker on the same processors, too. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

/** Asserts that each of `expected` was seen, and that their first appearances are in this order. */
export function inOrder(seen: readonly string[], expected: readonly string[]): void {
  assert.deepEqual([...new Set(seen)], expected);
}
