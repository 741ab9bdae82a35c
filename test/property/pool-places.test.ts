import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lamError } from '../../src/errors/index.ts';
import type { ExitStatus } from '../../src/executor/session.ts';
import { Pool } from '../../src/pool/index.ts';
import { PLACE_ATTEMPTS } from '../../src/pool/place-faults.ts';
import { acquire } from '../support/acquire.ts';
import { MemoryDriver } from '../support/memory-driver.ts';
import { revision } from '../support/revisions.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const KILLED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/** Behaviour of the n-th start. */
const start = fc.record({
  ms: fc.constantFrom(0, 1, 20, 90),
  fault: fc.constantFrom(undefined, 'boot' as const, 'boot' as const, 'init' as const),
});
type Start = typeof start extends fc.Arbitrary<infer S> ? S : never;

const arrivals = fc.array(fc.record({ afterMs: fc.constantFrom(0, 0, 0, 3, 250), runMs: fc.nat(40) }), {
  minLength: 1,
  maxLength: 40,
});

/** Ends each row of faults early enough that every request has a healthy place within its bound. */
function withinBound(starts: readonly Start[]): Start[] {
  let row = 0;
  return starts.map((one) => {
    row = one.fault === undefined ? 0 : row + 1;
    if (row < PLACE_ATTEMPTS) return one;
    row = 0;
    return { ...one, fault: undefined };
  });
}

test('every request with a successful start within its limit is answered', async () => {
  const limits = fc.record({ maxConcurrency: fc.integer({ min: 1, max: 6 }), cores: fc.integer({ min: 1, max: 4 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(start, { maxLength: 60, size: 'max' }), arrivals, limits, async (plans, requests, of) => {
      const starts = withinBound(plans);
      const clock = new VirtualClock();
      const error = lamError('LAM_DRIVER_START_FAILED', { function: 'f', reason: 'as planned' });
      const planOf = new Map<string, Start | undefined>();
      const driver = new MemoryDriver(clock, {
        boot: ({ id }) => {
          const plan = starts[planOf.size];
          planOf.set(id, plan);
          return { ms: plan?.ms ?? 0, ...(plan?.fault === 'boot' ? { error } : {}) };
        },
        init: ({ id }) => ({
          ms: 1,
          ...(planOf.get(id)?.fault === 'init' ? { outcome: { kind: 'exit', exit: KILLED } } : {}),
        }),
      });
      const hooksFor = () => ({ onLog: () => undefined, onProtocolError: () => undefined });
      const pool = new Pool({ driver, clock, memoryBudgetMiB: 4096, cores: of.cores, hooksFor });
      const version = revision('f', 1, { maxConcurrency: of.maxConcurrency, maxQueue: 1000 });
      const answers: Promise<void>[] = [];
      for (const { afterMs, runMs } of requests) {
        await clock.advance(afterMs);
        answers.push(
          acquire(pool, version).then((acquired) => {
            assert.ok(!('kind' in acquired), 'no request fails by the place');
            // Some leave their sandbox unusable, so that others have to start.
            clock.after(runMs, () => pool.release(acquired, runMs % 3 > 0, runMs));
          }),
        );
      }
      const all = Promise.all(answers);
      all.catch(() => undefined);
      await clock.advance(120_000);
      assert.equal(pool.counts().busy, 0, 'all have run');
      await all;
      await pool.close(0);
      assert.equal(clock.pending, 0, 'no timer is left');
    }),
    { numRuns: 300 },
  );
});
