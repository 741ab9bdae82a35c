import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Arrivals } from '../../../../src/pool/policy/arrivals.ts';
import {
  isKept,
  isPrewarmTime,
  keepWindows,
  nextTurn,
  type KeepCosts,
  type KeepWindows,
} from '../../../../src/pool/policy/keep.ts';

const COSTS: KeepCosts = { coldMs: 250, memoryMiB: 128, price: 1.2 };
const MINUTE_MS = 60_000;

function withGaps(gapsMs: readonly number[]): Arrivals {
  const arrivals = new Arrivals();
  let now = 0;
  arrivals.arrived(now);
  for (const gapMs of gapsMs) arrivals.arrived((now += gapMs));
  return arrivals;
}

function every(gapMs: number, times = 30): Arrivals {
  return withGaps(Array<number>(times).fill(gapMs));
}

/** Gaps of a memoryless process: the quantiles of its distribution, in irregular order. */
function memoryless(meanMs: number, count = 199): Arrivals {
  return withGaps(
    Array.from({ length: count }, (_, at) => -Math.log(1 - (((at * 79) % count) + 0.5) / count) * meanMs),
  );
}

describe('keepWindows', () => {
  test('keeps an unknown function for about ten minutes and prewarms nothing', () => {
    const windows = keepWindows(new Arrivals(), COSTS);
    assert.deepEqual(windows, { keepMs: 655_360, prewarmAfterMs: Infinity, prewarmKeepMs: 0 });
    assert.deepEqual(keepWindows(withGaps([]), COSTS), windows);
  });

  test('lets a function that is called every 15 minutes expire and prewarms it just before the call', () => {
    const { keepMs, prewarmAfterMs, prewarmKeepMs } = keepWindows(every(15 * MINUTE_MS), COSTS);
    assert.ok(keepMs < 10_000, String(keepMs));
    // Ready 1.5 s ahead of time, after a boot of 250 ms.
    assert.ok(
      prewarmAfterMs > 15 * MINUTE_MS - 2500 && prewarmAfterMs <= 15 * MINUTE_MS - 1750,
      String(prewarmAfterMs),
    );
    assert.ok(prewarmAfterMs + prewarmKeepMs > 15 * MINUTE_MS + 1000, String(prewarmKeepMs));
    assert.ok(prewarmKeepMs < 5000, String(prewarmKeepMs));
  });

  test('does the same for one that is called once a day', () => {
    const { keepMs, prewarmAfterMs, prewarmKeepMs } = keepWindows(every(1440 * MINUTE_MS), COSTS);
    assert.ok(
      keepMs < 10_000 && prewarmAfterMs < 1440 * MINUTE_MS && prewarmAfterMs > 1435 * MINUTE_MS,
      String(prewarmAfterMs),
    );
    assert.ok(prewarmAfterMs + prewarmKeepMs > 1440 * MINUTE_MS && prewarmKeepMs < MINUTE_MS, String(prewarmKeepMs));
  });

  test('widens the window with the spread of the gap', () => {
    const exact = keepWindows(every(15 * MINUTE_MS), COSTS);
    const loose = keepWindows(
      withGaps(Array.from({ length: 40 }, (_, at) => 15 * MINUTE_MS + ((at * 7) % 11) * 1000)),
      COSTS,
    );
    assert.ok(loose.prewarmKeepMs > exact.prewarmKeepMs + 5000, `${exact.prewarmKeepMs} ${loose.prewarmKeepMs}`);
    assert.ok(
      loose.prewarmAfterMs < 15 * MINUTE_MS && loose.prewarmAfterMs + loose.prewarmKeepMs > 15 * MINUTE_MS + 10_000,
    );
  });

  test('prewarms for the whole range of irregular gaps', () => {
    const { keepMs, prewarmAfterMs, prewarmKeepMs } = keepWindows(
      withGaps(Array.from({ length: 120 }, (_, at) => (120 + ((at * 37) % 60)) * MINUTE_MS)),
      { ...COSTS, price: 0.2 },
    );
    assert.ok(keepMs < MINUTE_MS, String(keepMs));
    assert.ok(prewarmAfterMs > 100 * MINUTE_MS && prewarmAfterMs < 125 * MINUTE_MS, String(prewarmAfterMs / MINUTE_MS));
    const until = prewarmAfterMs + prewarmKeepMs;
    assert.ok(until > 172 * MINUTE_MS && until < 300 * MINUTE_MS, String(until / MINUTE_MS));
  });

  test('keeps one through gaps too short for a prewarmed start to pay', () => {
    const { keepMs, prewarmAfterMs } = keepWindows(every(30_000), COSTS);
    assert.ok(keepMs > 30_000 && keepMs < 60_000, String(keepMs));
    assert.equal(prewarmAfterMs, Infinity);
  });

  test('keeps one that is called often and irregularly through nearly all its gaps', () => {
    const { keepMs } = keepWindows(memoryless(MINUTE_MS), COSTS);
    assert.ok(keepMs > 5 * MINUTE_MS, String(keepMs));
  });

  test('lets one that is called rarely and irregularly expire soon', () => {
    const { keepMs, prewarmAfterMs } = keepWindows(memoryless(600 * MINUTE_MS), COSTS);
    assert.ok(keepMs < 5 * MINUTE_MS, String(keepMs));
    assert.equal(prewarmAfterMs, Infinity);
  });

  test('adapts: one that was called each minute and is now called daily expires', () => {
    const arrivals = withGaps([
      ...Array<number>(200).fill(MINUTE_MS),
      ...Array.from({ length: 90 }, (_, at) => (600 + ((at * 37) % 90) * 20) * MINUTE_MS),
    ]);
    const { keepMs } = keepWindows(arrivals, COSTS);
    assert.ok(keepMs < 2 * MINUTE_MS, String(keepMs));
  });

  test('keeps a sandbox longer that is slower to start, smaller, or with cheaper memory', () => {
    const arrivals = new Arrivals();
    const { keepMs } = keepWindows(arrivals, COSTS);
    assert.ok(keepWindows(arrivals, { ...COSTS, coldMs: 2500 }).keepMs > keepMs);
    assert.ok(keepWindows(arrivals, { ...COSTS, memoryMiB: 1024 }).keepMs < keepMs);
    assert.ok(keepWindows(arrivals, { ...COSTS, price: 0.3 }).keepMs > keepMs);
    assert.equal(keepWindows(arrivals, { coldMs: 250, memoryMiB: 128 }).keepMs, keepMs);
  });

  test('keeps a sandbox longer that many requests would wait for', () => {
    const arrivals = new Arrivals();
    for (let burst = 0; burst < 60; burst++)
      for (let i = 0; i < 20; i++) arrivals.arrived(burst * 1_200_000 + ((burst * 37) % 60) * 20_000 + i);
    assert.ok(
      keepWindows(arrivals, { ...COSTS, concurrency: 10 }).keepMs >
        keepWindows(arrivals, { ...COSTS, concurrency: 1 }).keepMs,
    );
  });

  test('keeps a sandbox of no value for about a second', () => {
    const { keepMs, prewarmAfterMs } = keepWindows(memoryless(600 * MINUTE_MS), { ...COSTS, price: 1e6 });
    assert.deepEqual([keepMs, prewarmAfterMs], [1024, Infinity]);
  });

  test('keeps a sandbox without cost for a day and a half', () => {
    assert.equal(keepWindows(new Arrivals(), { ...COSTS, price: 0 }).keepMs, 2 ** 27);
  });
});

describe('keepWindows with a schedule', () => {
  test('prewarms one for the call and lets it expire before', () => {
    const arrivals = memoryless(600 * MINUTE_MS);
    const { prewarmAfterMs, prewarmKeepMs, keepMs } = keepWindows(arrivals, COSTS, arrivals.last + 120 * MINUTE_MS);
    assert.deepEqual([prewarmAfterMs, prewarmKeepMs], [120 * MINUTE_MS - 1750, 6750]);
    assert.ok(keepMs < 5 * MINUTE_MS);
  });

  test('keeps it until the call when that costs less than another start', () => {
    const arrivals = memoryless(600 * MINUTE_MS);
    const { keepMs, prewarmAfterMs } = keepWindows(arrivals, COSTS, arrivals.last + 30_000);
    assert.ok(keepMs >= 35_000);
    assert.equal(prewarmAfterMs, Infinity);
  });

  test('is ignored before the first arrival, from which windows are measured', () =>
    assert.deepEqual(keepWindows(new Arrivals(), COSTS, 1000), keepWindows(new Arrivals(), COSTS)));
});

describe('windows', () => {
  const WINDOWS: KeepWindows = { keepMs: 100, prewarmAfterMs: 500, prewarmKeepMs: 50 };
  const AGES: readonly [number, boolean, boolean, number][] = [
    [0, true, false, 100],
    [99, true, false, 100],
    [100, false, false, 500],
    [499, false, false, 500],
    [500, true, true, 550],
    [549, true, true, 550],
    [550, false, false, Infinity],
  ];
  for (const [ageMs, kept, ahead, turn] of AGES) {
    test(`at ${ageMs} ms`, () =>
      assert.deepEqual(
        [isKept(WINDOWS, ageMs), isPrewarmTime(WINDOWS, ageMs), nextTurn(WINDOWS, ageMs)],
        [kept, ahead, turn],
      ));
  }
  test('without a second one end with the first', () =>
    assert.equal(nextTurn({ keepMs: 100, prewarmAfterMs: Infinity, prewarmKeepMs: 0 }, 100), Infinity));
});
