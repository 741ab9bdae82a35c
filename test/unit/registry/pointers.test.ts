import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ConfigInput } from '../../../src/contract/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { lam } from '../store/support.ts';
import { testRegistry, type TestRegistry } from './support.ts';
import { asFunctionName, asAlias, asQualifier, asVersion } from '../../support/ids.ts';

describe('the pointers of a function', () => {
  let t: TestRegistry;
  beforeEach(async () => {
    t = await testRegistry();
  });
  afterEach(() => t.remove());

  const deploy = async (name: string, text: string, config: ConfigInput = {}): Promise<number> => {
    const { version } = await t.registry.publish(asFunctionName(name), { artifact: await t.artifact(text), config });
    return version;
  };

  describe('rolling back', () => {
    beforeEach(async () => {
      for (const text of ['1', '2', '3']) await deploy('f', text);
    });

    test('goes to the version that was live before, and further back when repeated', async () => {
      const answer = await t.registry.rollback(asFunctionName('f'), {});
      assert.deepEqual(answer, { name: 'f', from: 3, to: 2, warm: 2, notices: [] });
      assert.equal((await t.registry.rollback(asFunctionName('f'), {})).to, 1);
      await assert.rejects(t.registry.rollback(asFunctionName('f'), {}), lam('LAM_REGISTRY_NO_PREVIOUS_VERSION', 'v1'));
    });

    test('after a deploy that followed a rollback returns to the version live at that deploy', async () => {
      await t.registry.rollback(asFunctionName('f'), { to: asVersion(1) });
      assert.equal(await deploy('f', '4'), 4);
      assert.equal((await t.registry.rollback(asFunctionName('f'), {})).to, 1);
    });

    test('passes over changes of limits, which are in the history and move nothing', async () => {
      const f = asFunctionName('f');
      const before = t.registry.detail(f).history.length;
      await t.registry.patchConfig(f, { set: { rateLimit: 5, reservedConcurrency: 2 }, by: 'me' });
      await t.registry.patchConfig(f, { set: { rateLimit: 5 } });
      await t.registry.patchConfig(f, { set: { rateLimit: 9 }, message: 'a sale' });
      const { history } = t.registry.detail(f);
      assert.deepEqual(
        history
          .slice(0, history.length - before)
          .map(({ action, by, from, to, message }) => [action, by, from, to, message]),
        [
          ['config', '', 3, 3, 'a sale'],
          ['config', 'me', 3, 3, 'rateLimit: none -> 5/s, reservedConcurrency: none -> 2'],
        ],
      );
      assert.equal((await t.registry.rollback(f, {})).to, 2);
    });

    test('skips deleted versions', async () => {
      await t.registry.deleteVersion(asFunctionName('f'), asVersion(2));
      assert.equal((await t.registry.rollback(asFunctionName('f'), {})).to, 1);
    });

    test('can go forward again by version number', async () => {
      await t.registry.rollback(asFunctionName('f'), { to: asVersion(1), by: 'me', message: 'broken' });
      await t.registry.rollback(asFunctionName('f'), { to: asVersion(3) });
      assert.equal(t.registry.resolve(asFunctionName('f')).version, 3);
      assert.deepEqual(t.registry.detail(asFunctionName('f')).history[1], {
        at: t.clock.time,
        by: 'me',
        action: 'rollback',
        from: 3,
        to: 1,
        message: 'broken',
      });
    });

    test('to the live version changes nothing', async () => {
      const { history } = t.registry.detail(asFunctionName('f'));
      const answer = await t.registry.rollback(asFunctionName('f'), { to: asVersion(3) });
      assert.deepEqual([answer.from, answer.to], [3, 3]);
      assert.deepEqual(t.registry.detail(asFunctionName('f')).history, history);
    });

    test('to a version that is gone, or beyond the history, says which versions exist', async () => {
      await deploy('f', '4');
      await t.registry.deleteVersion(asFunctionName('f'), asVersion(3));
      const hint = (text: string) => (error: unknown) => {
        assert.ok(isLamError(error));
        assert.equal(error.hint, text);
        return true;
      };
      for (const gone of [3, 9])
        await assert.rejects(
          t.registry.rollback(asFunctionName('f'), { to: asVersion(gone) }),
          hint('it has v1, v2, v4; see them: lam versions f'),
        );
      assert.throws(
        () => t.registry.resolve(asFunctionName('f'), asQualifier('3')),
        hint('it has v1, v2, v4; see them: lam versions f'),
      );
      await t.registry.rollback(asFunctionName('f'), { to: asVersion(1) });
      await assert.rejects(
        t.registry.rollback(asFunctionName('f'), {}),
        hint('it has v1, v2, v4; to name one: lam rollback f VERSION'),
      );
    });

    test('as a dry run returns its target', async () => {
      assert.equal((await t.registry.rollback(asFunctionName('f'), { dryRun: true })).to, 2);
      assert.equal(t.registry.resolve(asFunctionName('f')).version, 3);
    });
  });

  describe('live settings', () => {
    test('win over those of later deploys until they are unset', async () => {
      await deploy('f', '1', { memoryMiB: 128, environment: { A: 'file', B: 'file' } });
      const patched = await t.registry.patchConfig(asFunctionName('f'), {
        set: { memoryMiB: 512 },
        setEnvironment: { A: 'live', C: 'live' },
      });
      assert.deepEqual([patched.version, patched.unchanged], [2, false]);
      await deploy('f', '2', { memoryMiB: 256, environment: { A: 'file', B: 'file' } });
      const { config } = t.registry.resolve(asFunctionName('f'));
      assert.equal(config.memoryMiB, 512);
      assert.deepEqual(config.environment, { A: 'live', B: 'file', C: 'live' });
      await t.registry.patchConfig(asFunctionName('f'), { unset: ['memoryMiB'], unsetEnvironment: ['A'] });
      assert.equal(t.registry.resolve(asFunctionName('f')).config.memoryMiB, 256);
      assert.deepEqual(t.registry.resolve(asFunctionName('f')).config.environment, { B: 'file', A: 'file', C: 'live' });
      assert.deepEqual(t.registry.detail(asFunctionName('f')).overrides, { environment: { C: 'live' } });
      assert.equal(t.registry.detail(asFunctionName('f')).history[0]?.action, 'config');
    });

    test('publish nothing without a change; a notice names settings of lam.yaml', async () => {
      await deploy('f', '1', { memoryMiB: 256, environment: { A: '1' } });
      const same = await t.registry.patchConfig(asFunctionName('f'), { set: { memoryMiB: 256 } });
      assert.deepEqual([same.version, same.unchanged], [1, true]);
      const { unchanged, notices } = await t.registry.patchConfig(asFunctionName('f'), {
        unset: ['timeoutMs'],
        unsetEnvironment: ['A', 'Z'],
      });
      assert.deepEqual([unchanged, notices.length], [true, 1]);
      assert.match(notices[0] ?? '', /'A' comes from lam\.yaml/);
    });

    test('that covered a change of lam.yaml uncover it when unset', async () => {
      await deploy('f', '1', { memoryMiB: 128 });
      await t.registry.patchConfig(asFunctionName('f'), { set: { memoryMiB: 512 } });
      const { unchanged } = await t.registry.publish(asFunctionName('f'), {
        artifact: await t.artifact('1'),
        config: { memoryMiB: 256 },
      });
      assert.equal(unchanged, true);
      await t.registry.patchConfig(asFunctionName('f'), { unset: ['memoryMiB'] });
      assert.equal(t.registry.resolve(asFunctionName('f')).config.memoryMiB, 256);
    });

    test('are refused as a whole if one is invalid', async () => {
      await deploy('f', '1');
      await assert.rejects(
        t.registry.patchConfig(asFunctionName('f'), { set: { memoryMiB: 4 }, setEnvironment: { A: '1' } }),
        lam('LAM_REGISTRY_INVALID_CONFIG', 'memory: 4 MiB is not between 64 and 32768'),
      );
      await assert.rejects(
        t.registry.patchConfig(asFunctionName('f'), { set: { timeoutMs: 1_000_000 } }),
        lam('LAM_REGISTRY_INVALID_CONFIG', 'timeout: 1000 s is not between 0.001 and 900'),
      );
      await assert.rejects(
        t.registry.patchConfig(asFunctionName('f'), { setEnvironment: { AWS_REGION: 'x' } }),
        (error) => {
          assert.match(isLamError(error) ? (error.hint ?? '') : '', /lam env set f KEY=VALUE$/);
          return lam('LAM_REGISTRY_INVALID_CONFIG', "'AWS_REGION' is set by lam")(error);
        },
      );
      assert.deepEqual(t.registry.detail(asFunctionName('f')).overrides, {});
      await assert.rejects(t.registry.patchConfig(asFunctionName('g'), {}), lam('LAM_REGISTRY_FUNCTION_NOT_FOUND'));
    });
  });

  describe('aliases and deletion', () => {
    test('of an alias are recorded in the history', async () => {
      await deploy('f', '1');
      await deploy('f', '2');
      assert.deepEqual(await t.registry.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(1) }), {
        from: null,
        to: 1,
      });
      assert.deepEqual(
        await t.registry.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(2), by: 'me' }),
        {
          from: 1,
          to: 2,
        },
      );
      await t.registry.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(2) });
      assert.deepEqual(t.registry.detail(asFunctionName('f')).aliases, { prod: 2 });
      assert.deepEqual(
        t.registry.detail(asFunctionName('f')).allVersions.map((v) => [v.version, v.live, v.aliases]),
        [
          [2, true, ['prod']],
          [1, false, []],
        ],
      );
      assert.equal(await t.registry.deleteAlias(asFunctionName('f'), asAlias('prod')), 2);
      assert.deepEqual(
        t.registry
          .detail(asFunctionName('f'))
          .history.filter((m) => m.alias === 'prod')
          .map((m) => [m.from, m.to]),
        [
          [2, null],
          [1, 2],
          [null, 1],
        ],
      );
      await assert.rejects(
        t.registry.deleteAlias(asFunctionName('f'), asAlias('prod')),
        lam('LAM_REGISTRY_ALIAS_NOT_FOUND'),
      );
      await assert.rejects(
        t.registry.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(5) }),
        lam('LAM_REGISTRY_VERSION_NOT_FOUND'),
      );
      await assert.rejects(
        t.registry.setAlias(asFunctionName('f'), asAlias('$LATEST'), { version: asVersion(1) }),
        lam('LAM_REGISTRY_INVALID_ALIAS'),
      );
    });

    test('of a version in use is refused, and numbers are never reused', async () => {
      for (const text of ['1', '2', '3']) await deploy('f', text);
      await t.registry.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(1) });
      await assert.rejects(
        t.registry.deleteVersion(asFunctionName('f'), asVersion(3)),
        lam('LAM_REGISTRY_VERSION_IN_USE', 'live'),
      );
      await assert.rejects(
        t.registry.deleteVersion(asFunctionName('f'), asVersion(1)),
        lam('LAM_REGISTRY_VERSION_IN_USE', "'prod'"),
      );
      await t.registry.rollback(asFunctionName('f'), {});
      await t.registry.deleteVersion(asFunctionName('f'), asVersion(3));
      assert.equal(await deploy('f', '3'), 4);
      await t.registry.deleteFunction(asFunctionName('f'));
      assert.throws(() => t.registry.resolve(asFunctionName('f')), lam('LAM_REGISTRY_FUNCTION_NOT_FOUND'));
      await assert.rejects(t.registry.deleteFunction(asFunctionName('f')), lam('LAM_REGISTRY_FUNCTION_NOT_FOUND'));
      t = await t.reload();
      assert.equal(await deploy('f', '1'), 5);
    });
  });
});
