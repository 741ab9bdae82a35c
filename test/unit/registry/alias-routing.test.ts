import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { AliasRouting } from '../../../src/contract/index.ts';
import { asAlias, asFunctionName, asVersion } from '../../support/ids.ts';
import { lam } from '../store/support.ts';
import { testRegistry, type TestRegistry } from './support.ts';

const F = asFunctionName('f');
const PROD = asAlias('prod');

describe('an alias that divides its requests', () => {
  let t: TestRegistry;
  beforeEach(async () => {
    t = await testRegistry();
    for (const text of ['1', '2', '3', '4'])
      await t.registry.publish(F, { artifact: await t.artifact(text), config: {} });
  });
  afterEach(() => t.remove());

  const point = (version: number, routing?: AliasRouting): Promise<unknown> =>
    t.registry.setAlias(F, PROD, { version: asVersion(version), ...(routing === undefined ? {} : { routing }) });
  const version = (requestId: string, headers?: Record<string, string>): number =>
    t.registry.resolve(F, PROD, { requestId, headers }).version;
  const shares = (of: (i: number) => number): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 20_000; i++) counts[of(i)] = (counts[of(i)] ?? 0) + 1 / 200;
    return counts;
  };
  const near = (actual: number | undefined, percent: number): void =>
    assert.ok(Math.abs((actual ?? 0) - percent) < 1, `${actual} % is not about ${percent} %`);

  test('sends each version its percentage, and the rest to its own version', async () => {
    await point(4, { weights: { 3: 10, 1: 0.5 } });
    const { 4: own, 3: tenth, 1: few, 2: none } = shares((i) => version(`request-${i}`));
    near(own, 89.5);
    near(tenth, 10);
    assert.ok(few !== undefined && few > 0.2 && few < 1, `${few} %`);
    assert.equal(none, undefined);
  });

  test('sends a request that is tried again to the same version', async () => {
    await point(4, { weights: { 3: 50 } });
    for (let i = 0; i < 50; i++) assert.equal(version(`r${i}`), version(`r${i}`));
  });

  test('leaves an alias alone that is named like what every object has', async () => {
    await point(4, { weights: { 3: 50 } });
    const plain = asAlias('toString');
    await t.registry.setAlias(F, plain, { version: asVersion(2) });
    assert.equal(t.registry.resolve(F, plain, { requestId: 'r' }).version, 2);
  });

  test('can give away all requests', async () => {
    await point(4, { weights: { 3: 60, 2: 40 } });
    assert.deepEqual(Object.keys(shares((i) => version(`${i}`))), ['2', '3']);
  });

  test('sends requests with the same value of its header to the same version; others are divided at random', async () => {
    await point(4, { weights: { 3: 50 }, sticky: 'x-user' });
    for (let user = 0; user < 50; user++) {
      const seen = new Set(Array.from({ length: 20 }, (_, i) => version(`r${i}`, { 'x-user': `u${user}` })));
      assert.equal(seen.size, 1);
    }
    near(shares((i) => version('one', { 'x-user': `u${i}` }))[3], 50);
    near(shares((i) => version(`r${i}`, { other: 'same' }))[3], 50);
  });

  test('takes nobody away from a version whose weight grows', async () => {
    const users = Array.from({ length: 1000 }, (_, i) => ({ 'x-user': `u${i}` }));
    const onThree = (): string[] => users.filter((user) => version('r', user) === 3).map((user) => user['x-user']);
    await point(4, { weights: { 3: 10 }, sticky: 'x-user' });
    const before = onThree();
    await point(4, { weights: { 3: 30 }, sticky: 'x-user' });
    const after = new Set(onThree());
    assert.ok(before.length > 50 && after.size > 2 * before.length, `${before.length} users, then ${after.size}`);
    assert.deepEqual(
      before.filter((user) => !after.has(user)),
      [],
    );
  });

  test('is shown with its weights, in the history too, until it points at one version again', async () => {
    await point(4, { weights: { 3: 10 }, sticky: 'x-user' });
    const { aliases, aliasRouting, allVersions, history } = t.registry.detail(F);
    assert.deepEqual([aliases, aliasRouting], [{ prod: 4 }, { prod: { weights: { 3: 10 }, sticky: 'x-user' } }]);
    assert.deepEqual(
      allVersions.map((v) => v.aliases),
      [['prod'], ['prod'], [], []],
    );
    assert.deepEqual(history[0]?.routing, { weights: { 3: 10 }, sticky: 'x-user' });
    await point(4);
    assert.deepEqual(t.registry.detail(F).aliasRouting, {});
    assert.equal(version('r'), 4);
    await point(4);
    assert.equal(
      t.registry.detail(F).history.filter(({ action }) => action === 'alias').length,
      2,
      'no move, no entry',
    );
  });

  test('leads to its own version where no request decides', async () => {
    await point(4, { weights: { 3: 100 } });
    assert.equal(t.registry.resolve(F, PROD).version, 4);
  });

  test('keeps its versions from deletion and from gc; deleted, it does not', async () => {
    await point(4, { weights: { 2: 10 } });
    await assert.rejects(t.registry.deleteVersion(F, asVersion(2)), lam('LAM_REGISTRY_VERSION_IN_USE', "alias 'prod'"));
    const planned = async (): Promise<number[]> =>
      (await t.registry.gc({ keep: 1, dryRun: true })).versions.map((v) => v.version);
    assert.deepEqual(await planned(), [1, 3]);
    await t.registry.deleteAlias(F, PROD);
    assert.deepEqual(await planned(), [1, 2, 3]);
  });

  const refused: [string, AliasRouting, string][] = [
    ['more than all', { weights: { 1: 60, 2: 60 } }, '120 % together'],
    ['nothing', { weights: { 1: 0 } }, 'above 0'],
    ['less than nothing', { weights: { 1: -1 } }, 'above 0'],
    ['no number', { weights: { 1: 'many' as unknown as number } }, 'above 0'],
    ['a part of its own version', { weights: { 4: 10 } }, 'own version'],
    ['a part of no version', { weights: { latest: 10 } }, "'latest' is not a version number"],
    ['by no header', { weights: { 1: 10 }, sticky: 'X User' }, "'X User' is not the name of a header"],
  ];
  for (const [what, routing, why] of refused)
    test(`is refused if it gives away ${what}`, async () => {
      await assert.rejects(point(4, routing), lam('LAM_REGISTRY_ALIAS_WEIGHTS', why));
      assert.deepEqual(t.registry.detail(F).aliases, {});
    });

  test('is refused if it names a version that does not exist', async () => {
    await assert.rejects(point(4, { weights: { 9: 10 } }), lam('LAM_REGISTRY_VERSION_NOT_FOUND', "'9'"));
  });
});
