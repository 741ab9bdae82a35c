import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Machine, type MachineOptions } from '../../../src/simulator/machine.ts';
import { POLICY_NAMES, policyOf } from '../../../src/simulator/roster.ts';
import { syntheticTrace } from '../../../src/simulator/synthetic.ts';
import type { Outcome } from '../../../src/simulator/tally.ts';
import { TraceBuilder, type Trace } from '../../../src/simulator/trace.ts';

const MINUTE_MS = 60_000;
const OPTIONS: MachineOptions = { memoryMiB: 1024, cores: 4, bootMs: 250, stemMs: 10, stemMiB: 128 };

/** Calls of functions of 512 MiB with 50 ms of init, 100 ms each. */
function traceOf(calls: readonly (readonly [name: string, startMs: number])[]): Trace {
  const builder = new TraceBuilder();
  for (const [name, startMs] of calls) builder.add(name, startMs, 100);
  return builder.build(() => ({ memoryMiB: 512, initMs: 50 }));
}

function run(
  trace: Trace,
  name: (typeof POLICY_NAMES)[number],
  options: Partial<MachineOptions> = {},
  perSandbox = 1,
): Outcome {
  const machine = new Machine(trace, policyOf(name, perSandbox), { ...OPTIONS, ...options });
  while (!machine.run(1000));
  return machine.outcome();
}

describe('a fixed keep-alive of ten minutes', () => {
  test('a call within ten minutes of the last is warm, a later one is cold and waits for boot and init', () => {
    const { coldStarts, addedMs, coldMs, idleGBs } = run(
      traceOf([
        ['a', 0],
        ['a', 9 * MINUTE_MS],
        ['a', 20 * MINUTE_MS],
      ]),
      'fixed',
    );
    equal(coldStarts, 2);
    equal(coldMs.p50, 300);
    equal(addedMs.max, 300);
    // 0.5 GiB idle for nine minutes less one call and its start, then for ten, and until the last call ends.
    ok(Math.abs(idleGBs - 0.5 * (9 * 60 + 10 * 60)) <= 1, String(idleGBs));
  });

  test('the least recently used sandbox is evicted when memory is short', () => {
    const calls = ['a', 'b', 'c', 'b', 'a'].map((name, at) => [name, at * 1000] as const);
    const { coldStarts, evictions } = run(traceOf(calls), 'fixed');
    // c replaces a; b stays; a replaces c.
    deepEqual([coldStarts, evictions], [4, 2]);
  });

  test('concurrent calls share a sandbox up to its concurrency', () => {
    const calls = [0, 1000, 1001, 1002].map((at) => ['a', at] as const);
    equal(run(traceOf(calls), 'fixed', { memoryMiB: 4096 }).starts, 3);
    equal(run(traceOf(calls), 'fixed', { memoryMiB: 4096 }, 10).starts, 1);
  });
});

describe('lam', () => {
  const calls = Array.from({ length: 300 }, (_, at) => ['a', at * 15 * MINUTE_MS] as const);

  test('a start from a stem is quick and counts as cold', () => {
    const { coldStarts, stemHits, coldMs } = run(
      traceOf([
        ['a', 0],
        ['b', MINUTE_MS],
      ]),
      'lam',
    );
    deepEqual([coldStarts, stemHits], [2, 1]);
    // The first has none; then one is booted for the next call of any function.
    deepEqual([coldMs.p50, coldMs.p99], [60, 300]);
  });

  test('a function that is called every 15 minutes is prewarmed in time and not kept in between', () => {
    const lam = run(traceOf(calls), 'lam');
    const fixed = run(traceOf(calls), 'fixed');
    equal(fixed.coldStarts, calls.length);
    ok(lam.coldStarts <= 10, `${lam.coldStarts} cold starts`);
    ok(lam.idleGBs - lam.stemGBs < 0.3 * fixed.idleGBs, `${lam.idleGBs} GB-s of ${fixed.idleGBs}`);
  });

  test('does not prewarm a sandbox that it would end at once, at any use of memory', () => {
    const trace = syntheticTrace({ seed: 21, functions: 300, days: 3, invocations: 30_000 });
    const { prewarms, invocations } = run(trace, 'lam', { memoryMiB: 8192 });
    ok(prewarms < invocations / 2, `${prewarms} prewarms for ${invocations} invocations`);
  });
});

describe('every policy', () => {
  const trace = syntheticTrace({ seed: 5, functions: 60, days: 1, invocations: 5000 });

  for (const name of POLICY_NAMES) {
    test(`${name} serves everything within the memory, deterministically`, () => {
      const machine = new Machine(trace, policyOf(name, 1), { ...OPTIONS, memoryMiB: 4096 });
      do ok(machine.usedMiB <= 4096, `${machine.usedMiB} MiB in use`);
      while (!machine.run(50));
      const outcome = machine.outcome();
      equal(outcome.invocations, trace.of.length);
      ok(outcome.coldStarts > 0 && outcome.coldStarts < outcome.invocations);
      ok(outcome.idleGBs > 0 && outcome.idleGBs <= (4096 / 1024) * (trace.horizonMs / 1000));
      ok(
        outcome.prewarmsWasted <= outcome.prewarms &&
          outcome.prewarms <= outcome.starts &&
          outcome.evictions <= outcome.starts,
      );
      deepEqual(run(trace, name, { memoryMiB: 4096 }), outcome);
    });
  }
});

describe('a synthetic trace', () => {
  test('depends on its seed alone', () => {
    const options = { seed: 3, functions: 200, days: 2, invocations: 20_000 };
    const one = syntheticTrace(options);
    deepEqual(syntheticTrace(options), one);
    ok(one.of.length > 15_000 && one.of.length < 25_000, String(one.of.length));
    ok(one.starts.every((start, at) => at === 0 || start >= (one.starts[at - 1] ?? 0)));
    ok(syntheticTrace({ ...options, seed: 4 }).starts[5] !== one.starts[5]);
  });
});
