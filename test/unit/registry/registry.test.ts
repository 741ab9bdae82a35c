import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { DEFAULT_CONFIG, type ConfigInput, type Digest } from '../../../src/contract/index.ts';
import type { RegistryChange } from '../../../src/registry/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { lam } from '../store/support.ts';
import { DeployedTriggers } from '../../../src/triggers/supervisor/index.ts';
import { makeRegistry, testRegistry, type TestRegistry } from './support.ts';
import { digestFor, asFunctionName, asAlias, asQualifier, asVersion } from '../../support/ids.ts';

describe('the registry', () => {
  let t: TestRegistry;
  beforeEach(async () => {
    t = await testRegistry();
  });
  afterEach(() => t.remove());

  const deploy = async (name: string, text: string, config: ConfigInput = {}): Promise<number> => {
    const { version } = await t.registry.publish(asFunctionName(name), { artifact: await t.artifact(text), config });
    return version;
  };

  describe('publishing', () => {
    test('assigns the next number and makes the version live', async () => {
      const answer = await t.registry.publish(asFunctionName('hello'), {
        artifact: await t.artifact('1'),
        config: {},
        by: 'me@here',
        message: 'first',
      });
      assert.deepEqual(answer, {
        name: 'hello',
        version: 1,
        unchanged: false,
        previous: null,
        url: 'http://127.0.0.1:8000/hello',
        endpoints: ['http://127.0.0.1:8000/hello'],
        notices: [],
      });
      const second = await t.registry.publish(asFunctionName('hello'), { artifact: await t.artifact('2'), config: {} });
      assert.deepEqual([second.version, second.previous], [2, 1]);
      assert.equal(t.registry.resolve(asFunctionName('hello')).version, 2);
      const { history } = t.registry.detail(asFunctionName('hello'));
      assert.deepEqual(history.at(-1), {
        at: t.clock.time,
        by: 'me@here',
        action: 'deploy',
        from: null,
        to: 1,
        message: 'first',
      });
    });

    test('of the live artifact and configuration changes nothing and returns the live version', async () => {
      await deploy('hello', 'same', { memoryMiB: 256 });
      const again = await t.registry.publish(asFunctionName('hello'), {
        artifact: await t.artifact('same'),
        config: { memoryMiB: 256 },
      });
      assert.deepEqual([again.version, again.unchanged, again.previous], [1, true, 1]);
      assert.equal(t.registry.detail(asFunctionName('hello')).history.length, 1);
      assert.equal(await deploy('hello', 'same', { memoryMiB: 512 }), 2);
    });

    test('as a dry run validates everything and changes nothing', async () => {
      const artifact = await t.artifact('1');
      const answer = await t.registry.publish(asFunctionName('hello'), { artifact, config: {}, dryRun: true });
      assert.equal(answer.version, 1);
      assert.deepEqual(t.registry.list(), []);
      await assert.rejects(
        t.registry.publish(asFunctionName('hello'), { artifact, config: { memoryMiB: 1 }, dryRun: true }),
        lam('LAM_REGISTRY_INVALID_CONFIG'),
      );
    });

    test('applies defaults, and the default handler of the runtime', async () => {
      await deploy('py', '1', { runtime: 'python3.11', environment: { A: '1' } });
      const { config, runtime, key, functionArn } = t.registry.resolve(asFunctionName('py'));
      assert.deepEqual(config, {
        ...DEFAULT_CONFIG,
        runtime: 'python3.11',
        handler: 'lambda_function.lambda_handler',
        environment: { A: '1' },
      });
      assert.deepEqual([runtime.family, runtime.version, key], ['python3', '3.11', 'py@1']);
      assert.equal(functionArn, 'arn:aws:lambda:us-east-1:000000000000:function:py');
    });

    test('points an alias at the new version, even when nothing else changed', async () => {
      await t.registry.publish(asFunctionName('f'), {
        artifact: await t.artifact('1'),
        config: {},
        alias: asAlias('prod'),
      });
      assert.equal(t.registry.resolve(asFunctionName('f'), asQualifier('prod')).version, 1);
      await t.registry.publish(asFunctionName('f'), {
        artifact: await t.artifact('1'),
        config: {},
        alias: asAlias('test'),
      });
      assert.equal(t.registry.resolve(asFunctionName('f'), asQualifier('test')).version, 1);
      await assert.rejects(
        t.registry.publish(asFunctionName('f'), { artifact: await t.artifact('2'), config: {}, alias: asAlias('12') }),
        lam('LAM_REGISTRY_INVALID_ALIAS', "'12'"),
      );
      assert.equal(t.registry.resolve(asFunctionName('f')).version, 1);
    });

    for (const name of ['../x', 'x'.repeat(200), 'grüße', '', 'a b', '__proto__']) {
      test(`refuses the name '${name.slice(0, 20)}'`, async () => {
        await assert.rejects(
          t.registry.publish(asFunctionName(name), { artifact: await t.artifact('1'), config: {} }),
          lam('LAM_REGISTRY_INVALID_NAME'),
        );
      });
    }

    test('accepts names of built-in object properties', async () => {
      for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
        assert.throws(() => t.registry.resolve(asFunctionName(name)), lam('LAM_REGISTRY_FUNCTION_NOT_FOUND'));
        await assert.rejects(t.registry.rollback(asFunctionName(name), {}), lam('LAM_REGISTRY_FUNCTION_NOT_FOUND'));
        assert.equal(await deploy(name, name), 1);
        await t.registry.setAlias(asFunctionName(name), asAlias('valueOf'), { version: asVersion(1) });
        assert.throws(
          () => t.registry.resolve(asFunctionName(name), asQualifier('constructor')),
          lam('LAM_REGISTRY_ALIAS_NOT_FOUND'),
        );
      }
    });

    test('refuses an unknown artifact', async () => {
      await assert.rejects(
        t.registry.publish(asFunctionName('f'), { artifact: digestFor('a'.repeat(64)), config: {} }),
        lam('LAM_STORE_ARTIFACT_NOT_FOUND'),
      );
    });

    test('refuses an unknown runtime and lists the known ones', async () => {
      const artifact = await t.artifact('1');
      await assert.rejects(
        t.registry.publish(asFunctionName('f'), { artifact, config: { runtime: 'cobol' } }),
        (error) => {
          assert.ok(isLamError(error));
          assert.match(error.hint ?? '', /python3\.11/);
          return lam('LAM_REGISTRY_UNKNOWN_RUNTIME', 'cobol')(error);
        },
      );
    });

    test('reports all faults of a configuration, without values of variables', async () => {
      const config = {
        memoryMiB: 1,
        timeoutMs: 1.5,
        cpus: Number.NaN,
        network: 'wifi',
        environment: { AWS_REGION: 'x', '1A': 's3cret' },
        routes: ['GET users', 'GET /a/{x}', 'GET /a/{y}'],
        colour: 'red',
      };
      const artifact = await t.artifact('1');
      await assert.rejects(
        t.registry.publish(asFunctionName('f'), { artifact, config: config as unknown as ConfigInput }),
        (error) => {
          assert.ok(isLamError(error));
          for (const part of [
            'memory: 1 MiB is not between 64 and 32768',
            'timeout: 0.0015 s is not a whole number of milliseconds',
            'cpus',
            'network',
            "'AWS_REGION'",
            "'1A'",
            "'GET users'",
            "'GET /a/{y}'",
            'colour',
          ]) {
            assert.ok(error.message.includes(part), `${part} in ${error.message}`);
          }
          assert.doesNotMatch(JSON.stringify(error.details) + error.message, /s3cret/);
          return lam('LAM_REGISTRY_INVALID_CONFIG')(error);
        },
      );
      await assert.rejects(
        t.registry.publish(asFunctionName('f'), { artifact, config: { environment: { A: 'x'.repeat(5000) } } }),
        lam('LAM_REGISTRY_INVALID_CONFIG', '4096'),
      );
      assert.deepEqual(t.registry.list(), []);
    });
  });

  describe('routes', () => {
    test('are those of the live versions, and change only with them', async () => {
      await deploy('a', '1', { routes: ['GET /users/{id}'] });
      const deployed = new DeployedTriggers(t.registry);
      const before = deployed.revision;
      const config = { type: 'http', route: 'GET /users/{id}' };
      assert.deepEqual(deployed.ofType('http'), [{ functionName: 'a', config }]);
      await deploy('b', '1');
      await t.registry.setAlias(asFunctionName('a'), asAlias('prod'), { version: asVersion(1) });
      assert.equal(deployed.revision, before);
      await deploy('a', '2', { routes: [] });
      assert.deepEqual([deployed.revision, deployed.ofType('http')], [before + 1, []]);
      await t.registry.rollback(asFunctionName('a'), {});
      assert.deepEqual(deployed.of(asFunctionName('a')), [config]);
      await t.registry.deleteFunction(asFunctionName('a'));
      assert.deepEqual([...deployed.names()], []);
    });

    test('of two functions cannot match the same requests, after a deploy or a rollback', async () => {
      await deploy('a', '1', { routes: ['GET /users/{id}'] });
      const clash = { routes: ['GET /users/{name}'] };
      await assert.rejects(deploy('b', '1', clash), lam('LAM_REGISTRY_ROUTE_CONFLICT', "'a'"));
      await deploy('a', '2', { routes: [] });
      await deploy('b', '1', clash);
      await assert.rejects(t.registry.rollback(asFunctionName('a'), {}), lam('LAM_REGISTRY_ROUTE_CONFLICT', "'b'"));
      await t.registry.deleteFunction(asFunctionName('b'));
      assert.deepEqual(t.registry.triggersOf(asFunctionName('b')), []);
      await t.registry.rollback(asFunctionName('a'), {});
    });
  });

  describe('resolving', () => {
    test('finds live pointer, version and alias, and returns the same object each time', async () => {
      await deploy('f', '1');
      await deploy('f', '2');
      await t.registry.setAlias(asFunctionName('f'), asAlias('old'), { version: asVersion(1) });
      const one = t.registry.resolve(asFunctionName('f'), asQualifier('1'));
      assert.equal(t.registry.resolve(asFunctionName('f'), asQualifier('old')), one);
      assert.equal(t.registry.resolve(asFunctionName('f'), '$LATEST'), t.registry.resolve(asFunctionName('f')));
      await deploy('f', '3');
      assert.equal(t.registry.resolve(asFunctionName('f'), asQualifier('1')), one);
      assert.ok(Object.isFrozen(one) && Object.isFrozen(one.config.environment));
    });

    test('reports which part does not exist, with the error type of AWS', async () => {
      await deploy('hello', '1');
      assert.throws(
        () => t.registry.resolve(asFunctionName('helo')),
        (error) => {
          assert.ok(isLamError(error));
          assert.match(error.hint ?? '', /did you mean 'hello'/);
          assert.equal(error.awsName, 'ResourceNotFoundException');
          return lam('LAM_REGISTRY_FUNCTION_NOT_FOUND')(error);
        },
      );
      assert.throws(
        () => t.registry.resolve(asFunctionName('x'.repeat(100_000))),
        lam('LAM_REGISTRY_FUNCTION_NOT_FOUND'),
      );
      assert.throws(
        () => t.registry.resolve(asFunctionName('hello'), asQualifier('7')),
        lam('LAM_REGISTRY_VERSION_NOT_FOUND', "'7'"),
      );
      assert.throws(
        () => t.registry.resolve(asFunctionName('hello'), asQualifier('prod')),
        lam('LAM_REGISTRY_ALIAS_NOT_FOUND', "'prod'"),
      );
    });
  });

  test('tells listeners of moved pointers and deletions once they are durable', async () => {
    const told: RegistryChange[] = [];
    const stop = t.registry.onChange((change) => told.push(change));
    await deploy('f', '1');
    await deploy('f', '1');
    await deploy('f', '2');
    await t.registry.rollback(asFunctionName('f'), {});
    await t.registry.deleteVersion(asFunctionName('f'), asVersion(2));
    await t.registry.deleteFunction(asFunctionName('f'));
    stop();
    await deploy('f', '3');
    assert.deepEqual(told, [
      { name: 'f', kind: 'live-moved', from: null, to: 1 },
      { name: 'f', kind: 'live-moved', from: 1, to: 2 },
      { name: 'f', kind: 'live-moved', from: 2, to: 1 },
      { name: 'f', kind: 'version-deleted', from: 2, to: null },
      { name: 'f', kind: 'deleted', from: 1, to: null },
    ]);
  });

  test('lists functions by name in the form of the control API', async () => {
    await deploy('b', '1', { routes: ['GET /b'] });
    await deploy('a', '1');
    assert.deepEqual(
      t.registry.list().map((f) => f.name),
      ['a', 'b'],
    );
    assert.deepEqual(t.registry.list()[1], {
      name: 'b',
      runtime: 'nodejs',
      live: 1,
      versions: 1,
      url: 'http://127.0.0.1:8000/b',
      endpoints: ['http://127.0.0.1:8000/b'],
      routes: ['GET /b'],
      triggers: [{ type: 'http', route: 'GET /b' }],
      updatedAt: t.clock.time,
      sandboxes: { starting: 0, idle: 1, busy: 0 },
    });
    const { allVersions, arn } = t.registry.detail(asFunctionName('b'));
    assert.equal(arn, 'arn:aws:lambda:us-east-1:000000000000:function:b');
    assert.equal(allVersions[0]?.size, 1);
  });

  test('collects artifacts that no kept version uses, as its dry run says', async () => {
    for (let n = 1; n <= 6; n++) await deploy('f', `version ${n}`);
    await t.registry.setAlias(asFunctionName('f'), asAlias('prod'), { version: asVersion(1) });
    await t.registry.rollback(asFunctionName('f'), { to: asVersion(2) });
    const busy = (_: string, version: number): boolean => version === 4;
    const planned = await t.registry.gc({ keep: 1, dryRun: true }, busy);
    assert.deepEqual(
      planned.versions.map((v) => v.version),
      [3, 5],
    );
    assert.deepEqual([planned.artifacts, planned.files], [2, 2]);
    assert.equal(t.registry.detail(asFunctionName('f')).allVersions.length, 6);
    const only = [{ name: asFunctionName('f'), version: asVersion(6) }];
    assert.deepEqual((await t.registry.gc({ keep: 1, only }, busy)).versions, []);
    assert.deepEqual(await t.registry.gc({ keep: 1, only: planned.versions }, busy), planned);
    assert.deepEqual(
      t.registry.detail(asFunctionName('f')).allVersions.map((v) => v.version),
      [6, 4, 2, 1],
    );
    for (const { artifact } of t.registry.detail(asFunctionName('f')).allVersions)
      assert.equal(t.store.artifacts.has(artifact), true);
    assert.equal((await t.registry.gc({ keep: 1 }, busy)).bytes, 0);
  });

  test('collects no artifact that is in use elsewhere', async () => {
    for (let n = 1; n <= 3; n++) await deploy('f', `version ${n}`);
    const [, second, first] = t.registry.detail(asFunctionName('f')).allVersions.map(({ artifact }) => artifact);
    const usedElsewhere = (): Promise<ReadonlySet<Digest>> => Promise.resolve(new Set([second ?? digestFor('')]));
    const registry = makeRegistry(t.store, t.clock, { usedElsewhere });
    const { versions, artifacts } = await registry.gc({ keep: 1 });
    assert.deepEqual([versions.map(({ version }) => version), artifacts], [[1, 2], 1]);
    assert.deepEqual(
      [t.store.artifacts.has(first ?? digestFor('')), t.store.artifacts.has(second ?? digestFor(''))],
      [false, true],
    );
  });

  test('keeps the previous state when a change cannot be written', async () => {
    await deploy('f', '1');
    const artifact = await t.artifact('2');
    const { state } = t.store.paths;
    await rename(state, `${state}.away`);
    await writeFile(state, '');
    await assert.rejects(
      t.registry.publish(asFunctionName('f'), { artifact, config: {} }),
      lam('LAM_STORE_NOT_WRITABLE', state),
    );
    assert.equal(t.registry.resolve(asFunctionName('f')).version, 1);
    await rm(state);
    await rename(`${state}.away`, state);
    assert.equal((await t.registry.publish(asFunctionName('f'), { artifact, config: {} })).version, 2);
    assert.deepEqual([t.registry.has(asFunctionName('f')), t.registry.has(asFunctionName('g'))], [true, false]);
  });
});
