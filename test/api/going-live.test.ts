import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { GC_KEEP, type LogQuery, type Digest } from '../../src/contract/index.ts';
import { isLamError, lamError } from '../../src/errors/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { zipOf } from '../unit/store/support.ts';
import { digestFor, asFunctionName, asAlias, asVersion } from '../support/ids.ts';

const NOTICE = 'python3.99 is configured, but python 3.11 runs it';

/** Rejections are errors of lam with this code. */
const code =
  (wanted: string) =>
  (error: unknown): boolean =>
    isLamError(error) && error.code === wanted;

describe('going live', () => {
  let house: EdgeHouse;
  /** Families without an interpreter. */
  let missing: Set<string>;
  /** Requests to the driver: version of the identifier, and image. */
  let prepared: string[];
  let artifact: Digest;

  beforeEach(async () => {
    missing = new Set();
    prepared = [];
    house = await edgeHouse(
      {},
      {
        script: {
          prepare({ family, version }, image) {
            prepared.push([family, version, image].join(' '));
            if (missing.has(family))
              throw lamError('LAM_DRIVER_RUNTIME_MISSING', { runtime: family, wants: 'its interpreter' });
            return version === '3.99' ? NOTICE : image === null ? null : `image ${image} was pulled`;
          },
        },
      },
    );
    await house.publish('f');
    artifact = house.registry.resolve(asFunctionName('f')).artifact;
    prepared = [];
  });
  afterEach(() => house[Symbol.asyncDispose]());

  const deploy = (runtime: string, dryRun = false) =>
    house.operations.versions.publish(asFunctionName('f'), {
      artifact,
      config: { runtime, handler: 'index.handler' },
      dryRun,
    });
  const liveVersion = (): number => house.registry.detail(asFunctionName('f')).live;

  test('a deploy with a missing runtime is refused, and nothing is published', async () => {
    missing.add('python3');
    await assert.rejects(deploy('python3'), code('LAM_DRIVER_RUNTIME_MISSING'));
    assert.equal(liveVersion(), 1);
  });

  test('settings are refused if a deploy with them would be, and stay unchanged', async () => {
    missing.add('python3');
    await assert.rejects(
      house.operations.config.patch(asFunctionName('f'), { set: { runtime: 'python3' } }),
      code('LAM_DRIVER_RUNTIME_MISSING'),
    );
    await assert.rejects(
      house.operations.config.patch(asFunctionName('f'), { set: { runtime: 'cobol' } }),
      code('LAM_REGISTRY_UNKNOWN_RUNTIME'),
    );
    assert.equal(liveVersion(), 1);
    assert.deepEqual(house.registry.detail(asFunctionName('f')).overrides, {});
  });

  test('a deploy says that concurrency has no effect where a runtime runs one request at a time', async () => {
    const { notices } = await house.operations.versions.publish(asFunctionName('f'), {
      artifact,
      config: { runtime: 'php', handler: 'index.handler', concurrency: 8 },
      dryRun: true,
    });
    assert.deepEqual(notices, ["concurrency: 8 has no effect, because a sandbox of 'php' runs one request at a time"]);
    assert.deepEqual((await deploy('php', true)).notices, []);
  });

  test('a deploy says which variables of its own AWS’s SDKs will use', async () => {
    const notices = async (environment: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      const config = { runtime: 'nodejs', handler: 'index.handler', environment };
      return (await house.operations.versions.publish(asFunctionName('f'), { artifact, config, dryRun: true })).notices;
    };
    assert.deepEqual(await notices({ AWS_SECRET_ACCESS_KEY: 's', AWS_ACCESS_KEY_ID: 'i' }), [
      "AWS's SDKs use AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY of its environment, and invoke functions here all the same",
    ]);
    assert.match((await notices({ AWS_ENDPOINT_URL: 'http://x', AWS_PROFILE: 'p' }))[0] ?? '', /^AWS_ENDPOINT_URL of/);
    assert.deepEqual(await notices({ AWS_SOMETHING: 'else' }), []);
  });

  test('settings return the notices of a deploy with them', async () => {
    const deployed = await deploy('python3.99', true);
    const patched = await house.operations.config.patch(asFunctionName('f'), { set: { runtime: 'python3.99' } });
    assert.deepEqual(patched.notices, [NOTICE]);
    assert.deepEqual(patched.notices, deployed.notices);
    await house.operations.config.patch(asFunctionName('f'), { unset: ['runtime'] });
    const imaged = await house.operations.config.patch(asFunctionName('f'), { set: { image: 'debian:12' } });
    assert.deepEqual(imaged.notices, ['image debian:12 was pulled']);
  });

  test('a deploy is checked with the live settings that override its own', async () => {
    await house.operations.config.patch(asFunctionName('f'), { set: { runtime: 'python3.99' } });
    assert.equal((await deploy('nodejs')).notices.at(-1), NOTICE);
    missing.add('python3');
    await assert.rejects(deploy('nodejs'), code('LAM_DRIVER_RUNTIME_MISSING'));
  });

  test('a fault of the request is reported before a missing runtime', async () => {
    missing.add('python3');
    await assert.rejects(
      house.operations.config.patch(asFunctionName('f'), { set: { runtime: 'python3', memoryMiB: 1 } }),
      code('LAM_REGISTRY_INVALID_CONFIG'),
    );
    await assert.rejects(
      house.operations.versions.rollback(asFunctionName('f'), { to: asVersion(9) }),
      code('LAM_REGISTRY_VERSION_NOT_FOUND'),
    );
    assert.deepEqual(prepared, []);
  });

  test('a rollback to a version that cannot run here is refused, and returns notices', async () => {
    await deploy('python3.99');
    await deploy('nodejs');
    missing.add('python3');
    await assert.rejects(
      house.operations.versions.rollback(asFunctionName('f'), {}),
      code('LAM_DRIVER_RUNTIME_MISSING'),
    );
    await assert.rejects(
      house.operations.versions.rollback(asFunctionName('f'), { dryRun: true }),
      code('LAM_DRIVER_RUNTIME_MISSING'),
    );
    assert.equal(liveVersion(), 3);
    missing.clear();
    assert.deepEqual((await house.operations.versions.rollback(asFunctionName('f'), {})).notices, [NOTICE]);
    assert.equal(liveVersion(), 2);
  });

  test('a change of a function with an invalid name reports that it does not exist; a deploy reports the name', async () => {
    const { versions, config, aliases } = house.operations;
    const none = code('LAM_REGISTRY_FUNCTION_NOT_FOUND');
    await assert.rejects(versions.rollback(asFunctionName('no.pe'), {}), none);
    await assert.rejects(config.patch(asFunctionName('no.pe'), { set: { memoryMiB: 256 } }), none);
    await assert.rejects(aliases.set(asFunctionName('no.pe'), asAlias('prod'), { version: asVersion(1) }), none);
    await assert.rejects(
      versions.publish(asFunctionName('no.pe'), { artifact, config: {} }),
      code('LAM_REGISTRY_INVALID_NAME'),
    );
  });

  test('concurrent changes go live only as prepared', async () => {
    for (let round = 0; round < 5; round++) {
      await house.operations.config.patch(asFunctionName('f'), { unset: ['image'] });
      await deploy('nodejs');
      prepared = [];
      const image = `debian:${round}`;
      const [published, patched] = await Promise.all([
        deploy('python3'),
        house.operations.config.patch(asFunctionName('f'), { set: { image } }),
      ]);
      assert.equal(house.registry.detail(asFunctionName('f')).config.image, image);
      assert.ok(prepared.includes(`python3  ${image}`), prepared.join());
      assert.ok([...published.notices, ...patched.notices].includes(`image ${image} was pulled`));
    }
  });

  test('an alias is not pointed at a version that cannot run here', async () => {
    await deploy('python3.99');
    missing.add('python3');
    await assert.rejects(
      house.operations.aliases.set(asFunctionName('f'), asAlias('prod'), { version: asVersion(2) }),
      code('LAM_DRIVER_RUNTIME_MISSING'),
    );
    assert.deepEqual(house.registry.detail(asFunctionName('f')).aliases, {});
    missing.clear();
    assert.deepEqual(
      await house.operations.aliases.set(asFunctionName('f'), asAlias('prod'), { version: asVersion(2) }),
      {
        alias: 'prod',
        from: null,
        to: 2,
        notices: [NOTICE],
      },
    );
  });

  test('settings and variables are refused by every operation, with all faults', async () => {
    const patch = async (body: unknown): Promise<unknown> =>
      (await house.control('/_lam/v1/functions/f/config', { method: 'PATCH', body: JSON.stringify(body) })).json();
    const faultsOf = (answer: unknown): unknown => (answer as { details: { faults: unknown } }).details.faults;
    assert.deepEqual(faultsOf(await patch({ unset: ['colour'] })), ['colour: there is no such setting']);
    assert.deepEqual(faultsOf(await patch({ setEnvironment: { A: 1 } })), [
      "environment: the value of 'A' must be text",
    ]);
  });

  test('df reports what gc frees by default', async () => {
    const zip = zipOf([{ name: 'index.js', content: 'exports.handler = async () => "of version 1 alone";' }]);
    const uploaded = await house.control('/_lam/v1/artifacts/zip', { method: 'POST', body: zip });
    await house.operations.versions.publish(asFunctionName('g'), {
      artifact: digestFor(String(uploaded.json()['artifact'])),
      config: {},
    });
    const reclaimable = async (): Promise<number> => (await house.operations.storage.df()).reclaimable;
    for (let version = 2; version <= GC_KEEP; version++) await house.publish('g', { memoryMiB: 128 + version });
    assert.equal(await reclaimable(), 0);
    await house.publish('g', { memoryMiB: 500 });
    const wouldFree = await house.operations.storage.gc({ dryRun: true });
    assert.deepEqual(wouldFree.versions, [{ name: 'g', version: 1 }]);
    assert.equal(await reclaimable(), wouldFree.bytes);
    assert.ok(wouldFree.bytes > 0);
  });

  test('log queries require times and whole numbers of at least 0', async () => {
    const ask = (query: LogQuery): Promise<void> =>
      house.operations.logs.query(asFunctionName('f'), query, () => undefined);
    for (const query of [{ since: -1 }, { until: Infinity }, { lines: 1.5 }, { lines: -1 }, { version: 2 ** 60 }]) {
      await assert.rejects(ask(query), code('LAM_OPERATIONS_INVALID_VALUE'));
      assert.throws(
        () =>
          house.operations.logs.follow(
            asFunctionName('f'),
            query,
            () => undefined,
            () => undefined,
          ),
        code('LAM_OPERATIONS_INVALID_VALUE'),
      );
    }
    await ask({ since: 0, until: 1.5, lines: 0, version: 1 });
  });

  test('gc requires a whole number of versions of at least 0', async () => {
    for (const keep of [-1, 1.5, Number.NaN])
      await assert.rejects(house.operations.storage.gc({ keep }), code('LAM_OPERATIONS_INVALID_VALUE'));
  });
});
