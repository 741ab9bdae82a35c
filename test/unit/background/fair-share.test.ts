import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairShare } from '../../../src/background/fair-share.ts';

/** Serves `slots` items one after the other and counts those of each queue. */
function serve(
  shares: FairShare<string>,
  slots: number,
  cost: (key: string) => number,
  wanted = 1,
): Map<string, number> {
  const served = new Map<string, number>();
  for (let i = 0; i < slots;) {
    const share = shares.next(() => wanted, cost);
    assert.ok(share);
    assert.ok(share.count >= 1 && share.count <= wanted);
    served.set(share.key, (served.get(share.key) ?? 0) + share.count);
    i += share.count;
  }
  return served;
}

function sharesOf(...keys: readonly string[]): FairShare<string> {
  const shares = new FairShare<string>();
  for (const key of keys) shares.add(key);
  return shares;
}

test('queues of equal cost get equal numbers of items, one at a time or many', () => {
  for (const wanted of [1, 7, 1000]) {
    const served = serve(sharesOf('a', 'b', 'c'), 30_000, () => 1, wanted);
    for (const count of served.values()) assert.ok(Math.abs(count - 10_000) <= 200, `${count} of 10000`);
  }
});

test('queues of unequal cost get equal shares of cost', () => {
  const costs: Readonly<Record<string, number>> = { quick: 1, slow: 1000, middle: 30 };
  const served = serve(sharesOf(...Object.keys(costs)), 200_000, (key) => costs[key] ?? 1);
  const spent = Object.entries(costs).map(([key, cost]) => (served.get(key) ?? 0) * cost);
  assert.ok(Math.max(...spent) - Math.min(...spent) <= 2000, spent.join());
});

test('a queue that comes last is served within one round, however many items the others have', () => {
  const shares = sharesOf('flood', 'deluge');
  serve(shares, 1000, () => 1);
  shares.add('new');
  let given = 0;
  for (
    let share = shares.next(
      () => 1,
      () => 1,
    );
    share?.key !== 'new';
    share = shares.next(
      () => 1,
      () => 1,
    )
  )
    given++;
  assert.ok(given <= 300, `${given} items before it`);
});

test('a queue that wants nothing costs the others nothing, and saves no credit', () => {
  const shares = sharesOf('idle', 'a');
  assert.equal(
    shares.next(
      () => 0,
      () => 1,
    ),
    undefined,
  );
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(
      shares.next(
        (key) => (key === 'a' ? 5 : 0),
        () => 10,
      ),
      { key: 'a', count: 5 },
    );
  }
  const first = shares.next(
    (key) => (key === 'idle' ? 1000 : 0),
    () => 10,
  );
  assert.deepEqual(first, { key: 'idle', count: 10 });
});

test('removed queues get nothing, at whichever place of the round', () => {
  const shares = sharesOf('a', 'b', 'c');
  shares.remove('nobody');
  const turn = (): string | undefined =>
    shares.next(
      () => 1,
      () => 100,
    )?.key;
  assert.deepEqual([turn(), turn()], ['a', 'b']);
  shares.remove('a');
  assert.deepEqual([turn(), turn()], ['c', 'b']);
  shares.remove('c');
  assert.deepEqual([turn(), turn()], ['b', 'b']);
  shares.remove('b');
  assert.equal(turn(), undefined);
});
