import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Ewma, Fifo, invariant, sleep, systemClock } from '../../../src/kit/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

describe('Fifo', () => {
  test('behaves as an array with push, shift and removal of any member', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('push' as const), value: fc.option(fc.nat(), { nil: undefined }) }),
      fc.record({ do: fc.constantFrom('shift' as const, 'drain' as const) }),
      fc.record({ do: fc.constant('leave' as const), which: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const fifo = new Fifo<number | undefined>();
        let model: { value: number | undefined }[] = [];
        const leavers: { leave: () => boolean; entry: { value: number | undefined } }[] = [];
        for (const s of steps) {
          if (s.do === 'push') {
            const entry = { value: s.value };
            model.push(entry);
            leavers.push({ leave: fifo.push(s.value), entry });
          } else if (s.do === 'leave') {
            const leaver = leavers[s.which];
            if (leaver !== undefined) {
              assert.equal(leaver.leave(), model.includes(leaver.entry));
              model = model.filter((entry) => entry !== leaver.entry);
            }
          } else if (s.do === 'shift') assert.equal(fifo.shift(), model.shift()?.value);
          else
            assert.deepEqual(
              fifo.drain(),
              model.splice(0).map((entry) => entry.value),
            );
          assert.equal(fifo.size, model.length);
          assert.equal(fifo.peek(), model[0]?.value);
        }
      }),
    );
  });

  test('reports the removal of a member once', () => {
    const fifo = new Fifo<string>();
    const leave = fifo.push('a');
    assert.equal(leave(), true);
    assert.equal(leave(), false);
  });
});

describe('Ewma', () => {
  test('has no value before the first sample, and equals the first one', () => {
    const mean = new Ewma(0.5);
    assert.equal(mean.value, undefined);
    mean.add(10);
    assert.equal(mean.value, 10);
    mean.add(20);
    assert.equal(mean.value, 15);
  });
});

describe('the system clock', () => {
  test('calls back once, and not after cancellation', async () => {
    let once = 0;
    let never = 0;
    systemClock.after(1, () => void never++)();
    const { promise, resolve } = Promise.withResolvers<void>();
    systemClock.after(1, () => {
      once++;
      resolve();
    });
    // The timer alone would not keep the process alive.
    await Promise.all([promise, sleep(20)]);
    assert.deepEqual([once, never], [1, 0]);
  });

  test('calls back repeatedly until it is cancelled', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let calls = 0;
    const cancel = systemClock.every(1, () => {
      if (++calls === 3) resolve();
    });
    await Promise.all([promise, sleep(20)]);
    cancel();
    const seen = calls;
    await sleep(5);
    assert.equal(calls, seen);
  });
});

describe('the virtual clock of these tests', () => {
  test('runs timers in order of time, then of creation', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.after(20, () => ran.push(`b${clock.monotonic()}`));
    clock.after(10, () => {
      ran.push(`a${clock.monotonic()}`);
      clock.after(5, () => ran.push(`inner${clock.monotonic()}`));
    });
    const stop = clock.every(8, () => ran.push(`every${clock.monotonic()}`));
    await clock.advance(20);
    stop();
    assert.deepEqual(ran, ['every8', 'a10', 'inner15', 'every16', 'b20']);
    assert.equal(clock.pending, 0);
  });
});

test('invariant names the violated condition', () => {
  invariant(true, 'unused');
  assert.throws(() => invariant(false, 'the sky is up'), { code: 'LAM_INTERNAL_INVARIANT', message: /the sky is up/ });
});
