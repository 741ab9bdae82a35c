import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  chooseEvictions,
  EwmaPredictor,
  greedyDualPriority,
  MemoryPrice,
  startsWanted,
  stemsWanted,
  Traffic,
  type Demand,
} from '../../src/pool/policy/index.ts';
import { AGE_BINS, Arrivals } from '../../src/pool/policy/arrivals.ts';
import { isKept, isPrewarmTime, keepWindows, nextTurn, type KeepCosts } from '../../src/pool/policy/keep.ts';
import { Panic } from '../../src/pool/policy/panic.ts';

/** Gaps from under a millisecond to some days. */
const gap = fc.double({ min: -1, max: 8.5, noNaN: true }).map((exponent) => 10 ** exponent);
/** The calls of a function: any gaps, then possibly a repeated one. */
const gaps = fc
  .record({ any: fc.array(gap, { maxLength: 60 }), same: gap, times: fc.nat(40) })
  .map(({ any, same, times }) => [...any, ...Array<number>(times).fill(same)]);
const costs: fc.Arbitrary<Required<KeepCosts>> = fc.record({
  coldMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  memoryMiB: fc.integer({ min: 1, max: 10_240 }),
  concurrency: fc.integer({ min: 1, max: 100 }),
  price: fc.double({ min: 0.01, max: 100, noNaN: true }),
});

function lived(gapsMs: readonly number[]): Arrivals {
  const arrivals = new Arrivals();
  let now = 1000;
  arrivals.arrived(now);
  for (const gapMs of gapsMs) arrivals.arrived((now += gapMs));
  return arrivals;
}

describe('arrivals', () => {
  test('no bin has more ended than reached gaps, and later bins have fewer', () => {
    fc.assert(
      fc.property(gaps, (gapsMs) => {
        const arrivals = lived(gapsMs);
        for (let bin = 0; bin < AGE_BINS; bin++) {
          const ended = arrivals.ended(bin);
          // 32-bit numbers, each rounded.
          assert.ok(ended >= 0 && ended <= arrivals.reached(bin) * (1 + 1e-5), `bin ${bin}`);
          assert.ok(arrivals.reached(bin) <= 64.001);
        }
        assert.equal(arrivals.count, gapsMs.length + 1);
        assert.ok(arrivals.burst >= 1 && arrivals.recent(arrivals.last) <= arrivals.count + 1e-9);
      }),
    );
  });
});

describe('keepWindows', () => {
  test('returns ordered windows, at least a second, at most a day and a half without steady gaps', () => {
    fc.assert(
      fc.property(gaps, costs, fc.option(gap, { nil: undefined }), (gapsMs, c, inMs) => {
        const arrivals = lived(gapsMs);
        const windows = keepWindows(arrivals, c, inMs === undefined ? undefined : arrivals.last + inMs);
        const { keepMs, prewarmAfterMs, prewarmKeepMs } = windows;
        assert.ok(keepMs >= 1024 && Number.isFinite(keepMs), JSON.stringify(windows));
        if (inMs === undefined && arrivals.steady() === undefined)
          assert.ok(keepMs <= 2 ** 27, JSON.stringify(windows));
        if (prewarmAfterMs === Infinity) assert.equal(prewarmKeepMs, 0);
        else assert.ok(prewarmAfterMs > keepMs || inMs !== undefined, JSON.stringify(windows));
        assert.ok(prewarmKeepMs >= 0 && Number.isFinite(prewarmKeepMs), JSON.stringify(windows));
      }),
      { numRuns: 500 },
    );
  });

  test('keeps no longer at a higher price or a lower cost, without prewarming', () => {
    fc.assert(
      fc.property(gaps, costs, fc.double({ min: 1, max: 50, noNaN: true }), (gapsMs, c, times) => {
        const arrivals = lived(gapsMs);
        if (arrivals.steady() !== undefined) return;
        const windows = keepWindows(arrivals, c);
        const dearer = keepWindows(arrivals, { ...c, price: c.price * times });
        if (windows.prewarmAfterMs !== Infinity || dearer.prewarmAfterMs !== Infinity) return;
        assert.ok(dearer.keepMs <= windows.keepMs, `${dearer.keepMs} > ${windows.keepMs}`);
        const slower = keepWindows(arrivals, { ...c, coldMs: c.coldMs * times });
        if (slower.prewarmAfterMs === Infinity) assert.ok(slower.keepMs >= windows.keepMs);
      }),
      { numRuns: 500 },
    );
  });

  test('changes only at the times it returns', () => {
    fc.assert(
      fc.property(gaps, costs, fc.double({ min: 0, max: 1, noNaN: true }), gap, (gapsMs, c, share, ageMs) => {
        const windows = keepWindows(lived(gapsMs), c);
        const turn = nextTurn(windows, ageMs);
        assert.ok(turn > ageMs);
        const between = ageMs + share * (Math.min(turn, 1e12) - ageMs) * 0.999;
        assert.equal(isKept(windows, between), isKept(windows, ageMs));
        assert.equal(isPrewarmTime(windows, between), isPrewarmTime(windows, ageMs));
      }),
    );
  });
});

describe('traffic', () => {
  const step = fc.record({ gapMs: gap, busy: fc.integer({ min: 1, max: 40 }), forMs: gap });

  test('keeps at most the peak of busy sandboxes, and prewarms at most as many as it keeps', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), costs, gap, (steps, c, laterMs) => {
        const traffic = new Traffic();
        let now = 0;
        let most = 1;
        for (const { gapMs, busy, forMs } of steps) {
          now += gapMs;
          traffic.arrived(now);
          traffic.sample(now, busy, busy);
          now += forMs;
          traffic.sample(now, 0, busy);
          most = Math.max(most, busy);
        }
        for (const at of [now, now + laterMs]) {
          const wanted = traffic.wanted(at, c);
          assert.ok(wanted >= 0 && wanted <= most, `${wanted} of ${most}`);
          const ahead = traffic.ahead(at, c);
          assert.ok(ahead >= 0 && ahead <= wanted, `${ahead} ahead of ${wanted}`);
          assert.ok(traffic.nextChange(at, c) >= at);
        }
        // Every prediction ends.
        assert.equal(traffic.wanted(now + 4e9, c), 0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('panic', () => {
  test('keeps at most the peak of the last minute, and all of it during a panic', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.nat(50)), { minLength: 1 }), (samples) => {
        const panic = new Panic();
        let now = 0;
        const seen: { readonly at: number; readonly busy: number }[] = [];
        for (const [passedMs, busy] of samples) {
          now += passedMs;
          panic.sample(now, busy);
          seen.push({ at: now, busy });
          const peak = Math.max(...seen.filter(({ at }) => now - at < 62_000).map((s) => s.busy));
          const keep = panic.keepBeyondOne(now);
          assert.ok(keep >= 0 && keep <= Math.max(0, peak - 1), `${keep} of ${peak}`);
          const late = Math.max(...seen.filter(({ at }) => now - at < 58_000).map((s) => s.busy));
          if (panic.isPanic(now)) assert.ok(keep >= late - 1, `${keep} of ${late}`);
        }
      }),
    );
  });
});

describe('the price of memory', () => {
  test('stays within its bounds and rises with use', () => {
    const use = fc.array(fc.tuple(fc.nat(600_000), fc.nat(2000)), { maxLength: 30 });
    fc.assert(
      fc.property(use, fc.nat(500), (samples, more) => {
        const less = new MemoryPrice();
        const dear = new MemoryPrice();
        let now = 0;
        for (const [passedMs, usedMiB] of samples) {
          now += passedMs;
          less.sample(now, usedMiB, 1500);
          dear.sample(now, usedMiB + more, 1500);
          for (const { value } of [less, dear]) assert.ok(value >= 0.4 && value <= 10);
          // Each may lag by a step.
          assert.ok(dear.value * 1.25 ** 2 >= less.value, `${dear.value} ${less.value}`);
        }
      }),
    );
  });
});

describe('the moving average', () => {
  test('stays between the smallest and the largest count, and returns a sandbox per five, at least one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { minLength: 1 }), (counts) => {
        const predictor = new EwmaPredictor();
        for (const [at, count] of counts.entries()) {
          const wanted = predictor.tick(count);
          const told = counts.slice(0, at + 1);
          assert.ok(predictor.expected >= Math.min(...told) - 1e-6 && predictor.expected <= Math.max(...told) + 1e-6);
          assert.equal(wanted, Math.max(1, Math.floor(predictor.expected / 5)));
        }
      }),
    );
  });
});

describe('starts', () => {
  const demand: fc.Arbitrary<Demand> = fc.record({
    waiting: fc.nat(200),
    oldestWaitMs: fc.nat(10_000),
    busy: fc.nat(50),
    starting: fc.nat(20),
    serviceMs: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true }), { nil: undefined }),
    coldMs: fc.double({ min: 0, max: 5000, noNaN: true }),
    headroom: fc.integer({ min: -5, max: 100 }),
    bootSlots: fc.integer({ min: -5, max: 16 }),
    cores: fc.integer({ min: 1, max: 64 }),
    concurrency: fc.integer({ min: 1, max: 100 }),
    stemReady: fc.nat(4),
    stemMs: fc.double({ min: 0, max: 100, noNaN: true }),
  });

  test('are bounded by requests without a start, headroom, and boot slots with stems', () => {
    fc.assert(
      fc.property(demand, (d) => {
        const wanted = startsWanted(d);
        assert.ok(Number.isInteger(wanted) && wanted >= 0);
        if (wanted === 0) return;
        assert.ok(wanted <= d.headroom && wanted <= Math.max(0, d.bootSlots) + d.stemReady);
        assert.ok((wanted + d.starting - 1) * d.concurrency < d.waiting);
      }),
      { numRuns: 1000 },
    );
  });

  test('no request waits without a sandbox or a start, if one is possible', () => {
    fc.assert(
      fc.property(demand, (d) => {
        const canMake = d.headroom > 0 && Math.max(0, d.bootSlots) + d.stemReady > 0 && d.waiting > 0;
        if (canMake) assert.ok(startsWanted({ ...d, busy: 0, starting: 0 }) >= 1);
      }),
    );
  });

  test('more requests never need fewer starts, more sandboxes never more', () => {
    fc.assert(
      fc.property(demand, fc.nat(50), (d, more) => {
        assert.ok(startsWanted({ ...d, waiting: d.waiting + more }) >= startsWanted(d));
        assert.ok(startsWanted({ ...d, busy: d.busy + more + 1 }) <= startsWanted({ ...d, busy: d.busy + 1 }));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('evictions', () => {
  const idle = fc.array(
    fc.record({
      priority: fc.double({ min: 0, max: 1000, noNaN: true }),
      memoryMiB: fc.integer({ min: 1, max: 1024 }),
      retiredSince: fc.option(fc.nat(1000), { nil: undefined }),
    }),
    { maxLength: 30 },
  );

  test('free enough or nothing, without surplus, lowest priority first, and the clock never decreases', () => {
    fc.assert(
      fc.property(idle, fc.integer({ min: -100, max: 8000 }), fc.nat(1000), (sandboxes, missingMiB, clock) => {
        const chosen = chooseEvictions(sandboxes, missingMiB, clock);
        const sum = (list: readonly { readonly memoryMiB: number }[]): number =>
          list.reduce((s, { memoryMiB }) => s + memoryMiB, 0);
        assert.ok(chosen.clock >= clock);
        if (sum(sandboxes) < missingMiB || missingMiB <= 0) {
          assert.deepEqual(chosen, { evicted: [], clock });
          return;
        }
        assert.ok(sum(chosen.evicted) >= missingMiB && sum(chosen.evicted.slice(0, -1)) < missingMiB);
        const kept = sandboxes.filter((s) => !chosen.evicted.includes(s));
        const isBefore = (a: (typeof kept)[number], b: (typeof kept)[number]): boolean =>
          (a.retiredSince !== undefined) === (b.retiredSince !== undefined)
            ? a.priority <= b.priority
            : a.retiredSince !== undefined;
        for (const gone of chosen.evicted) for (const stays of kept) assert.ok(isBefore(gone, stays));
      }),
    );
  });

  test('a priority is at least the clock and grows with the saved cost', () => {
    const worth = fc.record({ frequency: fc.nat(1e6), coldMs: fc.nat(60_000), memoryMiB: fc.nat(10_000) });
    fc.assert(
      fc.property(worth, fc.nat(1e6), (w, clock) => {
        const priority = greedyDualPriority(clock, w);
        assert.ok(priority >= clock);
        assert.ok(greedyDualPriority(clock, { ...w, frequency: w.frequency + 1 }) >= priority);
        assert.ok(greedyDualPriority(clock, { ...w, memoryMiB: w.memoryMiB + 1 }) <= priority);
      }),
    );
  });
});

describe('stems', () => {
  const NOW = 1e9;
  /** Mostly recent times, because the policy looks back minutes. */
  const time = fc.oneof(fc.integer({ min: 0, max: NOW }), fc.integer({ min: NOW - 120_000, max: NOW }));
  const kind = fc.record({
    lastUsedAt: time,
    acquiredAt: fc.array(time, { maxLength: 16 }).map((times) => times.toSorted((a, b) => a - b)),
    memoryMiB: fc.integer({ min: 1, max: 2048 }),
    failures: fc.nat(30),
    failedAt: time,
  });
  const machine = fc.record({ now: fc.constant(NOW), usedMiB: fc.nat(20_000), budgetMiB: fc.nat(20_000) });

  test('fit into their share of the free memory; at most four of a kind, none during a back-off', () => {
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 8 }), machine, (kinds, m) => {
        const { wanted, recheckInMs } = stemsWanted(kinds, m);
        assert.equal(wanted.length, kinds.length);
        const heldMiB = wanted.reduce((sum, count, at) => sum + count * (kinds[at]?.memoryMiB ?? 0), 0);
        assert.ok(heldMiB === 0 || (heldMiB <= 0.25 * m.budgetMiB && heldMiB + m.usedMiB <= m.budgetMiB));
        for (const [at, count] of wanted.entries()) {
          const { failures = 0, failedAt = 0, lastUsedAt = 0 } = kinds[at] ?? {};
          assert.ok(Number.isInteger(count) && count >= 0 && count <= (failures > 0 ? 1 : 4));
          if (failures > 0 && NOW - failedAt < 1000) assert.equal(count, 0);
          if (NOW - lastUsedAt >= 86_400_000) assert.equal(count, 0);
        }
        assert.ok(recheckInMs === undefined || recheckInMs > 0);
      }),
    );
  });

  test('change without an event only at the returned time', () => {
    fc.assert(
      fc.property(
        fc.array(kind, { maxLength: 8 }),
        machine,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (kinds, m, share) => {
          const { wanted, recheckInMs } = stemsWanted(kinds, m);
          const later = stemsWanted(kinds, { ...m, now: NOW + share * (recheckInMs ?? 1e9) });
          assert.deepEqual(later.wanted, wanted);
        },
      ),
    );
  });
});
