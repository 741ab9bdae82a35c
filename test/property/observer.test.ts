import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lamError } from '../../src/errors/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import type { LogStore } from '../../src/logs/index.ts';
import { joinObservers, type ObservedInvocation, type Observer } from '../../src/observer/index.ts';
import { Pool } from '../../src/pool/index.ts';
import { Router } from '../../src/router/index.ts';
import { logHouse } from '../support/log-house.ts';
import { MemoryDriver, type Script } from '../support/memory-driver.ts';
import { revision } from '../support/revisions.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { asFunctionName } from '../support/ids.ts';

const REVISIONS = [
  revision('quick', 1, { timeoutMs: 100, maxConcurrency: 2, maxQueue: 5 }),
  revision('shared', 1, { timeoutMs: 100, maxConcurrency: 4, concurrency: 2, maxQueue: 2 }),
  revision('native', 1, { runtime: 'provided', handler: 'bootstrap', timeoutMs: 100, maxConcurrency: 1, maxQueue: 3 }),
] as const;

/** The next step and its object; `much` selects one of several, or sets a duration. */
type Step = readonly [what: 'call' | 'cancel' | 'kill' | 'drop' | 'pass', much: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom<Step[0][]>('call', 'call', 'call', 'pass', 'pass', 'cancel', 'kill', 'drop'),
  fc.nat(199),
);

/** Counts the phases of each invocation and checks their order. */
class Checked implements Observer {
  readonly phases: Map<ObservedInvocation, string[]> = new Map();
  readonly accepted = this.#note('accepted');
  readonly queued = this.#note('queued');
  readonly bound = this.#note('bound');
  readonly init = this.#note('init');
  readonly started = this.#note('started');
  readonly settled = this.#note('settled');

  #note(phase: string): (invocation: ObservedInvocation) => void {
    return (invocation) => {
      const before = this.phases.get(invocation) ?? [];
      this.phases.set(invocation, [...before, phase]);
    };
  }

  check(answered: number): void {
    assert.equal(this.phases.size, answered);
    for (const [{ outcome }, told] of this.phases) {
      const line = told.join(' ');
      assert.match(line, /^accepted( queued)?( bound( init)?( queued)?)*( started)? settled$/);
      if (outcome === 'success') assert.ok(told.includes('started'), line);
      if (outcome === 'rejected' && told.includes('started')) assert.fail(line);
    }
  }
}

/** Boots, inits and runs succeed or fail by a number from the step or the count of boots. */
function script(): Script {
  let boots = 0;
  const error = lamError('LAM_INTERNAL', { what: 'as planned' });
  return {
    boot: () => (++boots % 7 === 0 ? { ms: 3, error } : { ms: 3 }),
    init: () =>
      boots % 5 === 0
        ? { ms: 2, outcome: { kind: 'error', payload: Buffer.from('{}'), errorType: 'E' } }
        : { ms: boots % 3 },
    invoke: async ({ event, wait }): Promise<InvokeOutcome> => {
      const much = Number(Buffer.from(event).toString());
      await wait(much % 4 === 0 ? much : 0);
      return much % 9 === 0
        ? { kind: 'error', payload: Buffer.from('{}'), errorType: 'E', leaving: much % 2 === 0 }
        : { kind: 'result', payload: event };
    },
  };
}

async function run(steps: readonly Step[], logs: LogStore): Promise<void> {
  const clock = new VirtualClock();
  const driver = new MemoryDriver(clock, script());
  const checked = new Checked();
  const observers = joinObservers([checked], assert.fail);
  const pool: Pool = new Pool({
    driver,
    clock,
    memoryBudgetMiB: 512,
    cores: 2,
    observers,
    hooksFor: (of, id) => router.hooksFor(of, id, () => undefined),
  });
  const resolve = (name: string): (typeof REVISIONS)[number] => REVISIONS[Number(name)] as (typeof REVISIONS)[number];
  const router: Router = new Router({ pool, logs, clock, resolve, observers });
  let calls = 0;
  let answers = 0;
  const under: { cancel(): void }[] = [];
  const end = (): void => void answers++;
  const acts: Readonly<Record<Step[0], (much: number) => void | Promise<void>>> = {
    call: (much) => {
      calls++;
      const request = {
        name: asFunctionName(String(much % REVISIONS.length)),
        qualifier: undefined,
        event: Buffer.from(String(much)),
      };
      under.push(router.start(request, { answered: end, failed: end }));
    },
    cancel: (much) => under.at(-1 - (much % 8))?.cancel(),
    kill: (much) => [...driver.alive.values()].at(much % 4)?.die({ code: 1, signal: null, outOfMemory: false }),
    drop: (much) =>
      pool.drop(resolve(String(much % REVISIONS.length)).functionName, undefined, lamError('LAM_POOL_CLOSED', {})),
    pass: (much) => clock.advance(much),
  };
  for (const [what, much] of steps) await acts[what](much);
  await clock.advance(60_000);
  const closing = pool.close(0);
  await clock.advance(1000);
  await closing;
  assert.equal(answers, calls, 'each caller has one answer');
  checked.check(calls);
}

test('every accepted invocation is settled exactly once, in order, with any outcome', async () => {
  await using house = await logHouse({ keepBytes: 64 * 1024 * 1024 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => run(steps, house.logs)),
    { numRuns: 200 },
  );
});
