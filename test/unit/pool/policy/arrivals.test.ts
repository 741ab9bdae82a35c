import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AGE_BINS, AGE_STARTS, Arrivals } from '../../../../src/pool/policy/arrivals.ts';

/** Arrivals with these gaps between them, the first at 0. */
function withGaps(gapsMs: readonly number[]): Arrivals {
  const arrivals = new Arrivals();
  let now = 0;
  arrivals.arrived(now);
  for (const gapMs of gapsMs) arrivals.arrived((now += gapMs));
  return arrivals;
}

/** The bins in which gaps ended. */
function ends(arrivals: Arrivals): number[] {
  return Array.from({ length: AGE_BINS }, (_, bin) => bin).filter((bin) => arrivals.ended(bin) > 0);
}

/** The bin that a gap ends in. */
function binOf(gapMs: number): number {
  return ends(withGaps([gapMs]))[0] ?? 0;
}

describe('the bins', () => {
  test('begin at a second, with eight per doubling, up to more than a day', () => {
    assert.deepEqual([...AGE_STARTS.slice(0, 4)], [0, 1024, 1152, 1280]);
    assert.equal(AGE_STARTS[9], 2048);
    assert.equal(AGE_STARTS[AGE_BINS - 1], 2 ** 27);
    assert.ok(2 ** 27 > 24 * 3_600_000);
    assert.equal(AGE_STARTS[AGE_BINS], Infinity);
  });

  const PLACES: readonly [number, number][] = [
    [1023, 0],
    [1024, 1],
    [1151.9, 1],
    [1152, 2],
    [2048, 9],
    [60_000, 47],
    [2 ** 27 - 1, AGE_BINS - 2],
    [2 ** 27, AGE_BINS - 1],
    [1e12, AGE_BINS - 1],
  ];
  for (const [gapMs, bin] of PLACES) test(`${gapMs} ms belong to bin ${bin}`, () => assert.equal(binOf(gapMs), bin));
});

describe('arrivals', () => {
  test('are counted, and the last one is known', () => {
    const arrivals = withGaps([10, 5000]);
    assert.deepEqual([arrivals.count, arrivals.last], [3, 5010]);
  });

  test('predict nothing before the second', () => {
    const arrivals = withGaps([]);
    assert.deepEqual([ends(arrivals), arrivals.reached(1), arrivals.steady()], [[], 0, undefined]);
  });

  test('a gap counts in every bin that it reached, and as ended in the last', () => {
    const arrivals = withGaps([1200]);
    assert.deepEqual(
      [1, 2, 3].map((bin) => arrivals.reached(bin)),
      [1, 1, 0],
    );
    assert.deepEqual(
      [1, 2, 3].map((bin) => arrivals.ended(bin)),
      [0, 1, 0],
    );
  });

  test('an older gap weighs less by a 64th', () => {
    const arrivals = withGaps([1200, 1100]);
    assert.deepEqual(
      [1, 2].map((bin) => arrivals.reached(bin)),
      [1 + 63 / 64, 1],
    );
    assert.deepEqual(
      [1, 2].map((bin) => arrivals.ended(bin)),
      [1, 1],
    );
  });

  test('gaps under a second do not decay the long ones', () => {
    const arrivals = withGaps([90_000]);
    const before = arrivals.changes;
    for (let at = 90_000; at < 95_000; at += 5) arrivals.arrived(at);
    assert.equal(arrivals.changes, before);
    assert.deepEqual(ends(arrivals), [binOf(90_000)]);
  });

  test('a clock that goes back counts as standing still', () => {
    const arrivals = withGaps([5000]);
    arrivals.arrived(100);
    assert.deepEqual([arrivals.last, arrivals.count], [5000, 3]);
  });

  test('decay to 1/e in ten minutes', () => {
    const arrivals = withGaps([0, 0]);
    assert.equal(arrivals.recent(0), 3);
    assert.ok(Math.abs(arrivals.recent(600_000) - 3 / Math.E) < 1e-9);
    assert.equal(new Arrivals().recent(1000), 0);
  });

  test('use of a sandbox delays the beginning of the gap and counts no arrival', () => {
    const arrivals = withGaps([]);
    arrivals.lasted(50_000);
    arrivals.arrived(60_000);
    assert.equal(arrivals.count, 2);
    assert.deepEqual(ends(arrivals), [binOf(10_000)]);
  });

  test('a burst is what arrives within 300 ms of the first after a gap', () => {
    const arrivals = new Arrivals();
    for (let burst = 0; burst < 100; burst++)
      for (const offset of [0, 100, 299, 300, 900]) arrivals.arrived(burst * 60_000 + offset);
    assert.ok(Math.abs(arrivals.burst - 3) < 0.01, String(arrivals.burst));
  });

  test('one by one make bursts of 1', () => assert.equal(withGaps(Array<number>(20).fill(2000)).burst, 1));
});

describe('a steady gap', () => {
  test('is known after four in a row', () => {
    assert.equal(withGaps(Array<number>(4).fill(900_000)).steady(), undefined);
    assert.equal(withGaps(Array<number>(5).fill(900_000)).steady()?.gapMs, 900_000);
  });

  test('has a spread that follows recent deviations', () => {
    const gaps = Array.from({ length: 60 }, (_, at) => 900_000 + (at % 2) * 2000);
    const steady = withGaps(gaps).steady();
    assert.ok(steady !== undefined && Math.abs(steady.gapMs - 901_000) < 200, JSON.stringify(steady));
    assert.ok(steady.spreadMs >= 900 && steady.spreadMs <= 1300, JSON.stringify(steady));
    assert.ok(steady.share > 0.99);
  });

  test('survives one irregular call, but not many', () => {
    const regular = Array<number>(30).fill(900_000);
    assert.ok(withGaps([...regular, 300_000]).steady() !== undefined);
    assert.equal(withGaps([...regular, 300_000, 600_000]).steady(), undefined);
    assert.equal(withGaps([...regular, 300_000, 600_000, 900_000, 900_000]).steady()?.gapMs, 900_000);
  });

  test('gives way to another one', () => {
    const steady = withGaps([...Array<number>(30).fill(900_000), ...Array<number>(30).fill(60_000)]).steady();
    assert.equal(steady?.gapMs, 60_000);
  });

  test('does not exist where gaps vary', () => {
    assert.equal(
      withGaps(Array.from({ length: 50 }, (_, at) => 5000 + ((at * 7919) % 100) * 10_000)).steady(),
      undefined,
    );
  });
});
