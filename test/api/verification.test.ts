import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ConfigInput, Digest, VersionInfo } from '../../src/contract/index.ts';
import { isLamError, lamError, type LamError } from '../../src/errors/index.ts';
import type { InitOutcome } from '../../src/executor/session.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { asAlias, asFunctionName, asVersion } from '../support/ids.ts';

const F = asFunctionName('f');
const TRACE = ["Runtime.ImportModuleError: Error: Cannot find module './nope'", '    at /var/task/index.js:1:1'];

/** What the code of a version does while it is loaded, by its variable `INIT`. */
const OUTCOMES: Readonly<Record<string, InitOutcome>> = {
  missing: {
    kind: 'error',
    errorType: 'Runtime.ImportModuleError',
    payload: Buffer.from(
      JSON.stringify({
        errorType: 'Runtime.ImportModuleError',
        errorMessage: "Error: Cannot find module './nope'\nRequire stack:\n- /var/task/index.js",
        trace: TRACE,
      }),
    ),
  },
  exit: { kind: 'exit', exit: { code: 3, signal: null, outOfMemory: false } },
  memory: { kind: 'exit', exit: { code: null, signal: 'SIGKILL', outOfMemory: true } },
  timeout: { kind: 'timeout' },
  odd: { kind: 'error', errorType: 'Odd', payload: Buffer.from('no JSON') },
};

const withInit = (INIT: string): ConfigInput => ({ environment: { INIT } });

async function refusal(work: Promise<unknown>): Promise<LamError> {
  try {
    await work;
  } catch (thrown) {
    assert.ok(isLamError(thrown), String(thrown));
    return thrown;
  }
  throw new Error('it was not refused');
}

describe('a version is checked before it goes live', () => {
  let house: EdgeHouse;
  let artifact: Digest;
  /** Whether a code that is `broken` loads by now. */
  let isRepaired: boolean;
  /** Resolves when the code of a version that hangs is being loaded. */
  let hanging: PromiseWithResolvers<void>;
  /** Whether the place cannot start sandboxes. */
  let isPlaceBroken: boolean;
  /** What the driver says about the runtime. */
  let notice: string | null;
  /** Versions whose code was loaded, in order. */
  let loaded: number[];

  beforeEach(async () => {
    isRepaired = false;
    isPlaceBroken = false;
    notice = null;
    loaded = [];
    hanging = Promise.withResolvers();
    house = await edgeHouse(
      {},
      {
        memoryBudgetMiB: 1024,
        script: {
          prepare: () => notice,
          boot: () =>
            isPlaceBroken
              ? { ms: 0, error: lamError('LAM_DRIVER_START_FAILED', { function: 'f', reason: 'no descriptors' }) }
              : { ms: 0 },
          init: (_, { environment, version }) => {
            loaded.push(version);
            const { INIT } = environment;
            if (INIT === 'hang') {
              hanging.resolve();
              return 'never';
            }
            const outcome = isRepaired ? undefined : OUTCOMES[INIT ?? ''];
            return { ms: 0, print: 'loading', ...(outcome === undefined ? {} : { outcome }) };
          },
        },
      },
    );
    await house.publish('f');
    artifact = house.registry.resolve(F).artifact;
  });
  afterEach(() => house[Symbol.asyncDispose]());

  const deploy = (config: ConfigInput, more: { readonly verify?: boolean; readonly dryRun?: boolean } = {}) =>
    house.operations.versions.publish(F, {
      artifact,
      config: { runtime: 'nodejs', handler: 'index.handler', ...config },
      ...more,
    });
  const live = (): number => house.registry.detail(F).live;
  const versionInfo = (version: number): VersionInfo | undefined =>
    house.registry.detail(F).allVersions.find((one) => one.version === version);
  const invoke = async (): Promise<number> =>
    (await house.control('/2015-03-31/functions/f/invocations', { method: 'POST', body: '1' })).status;

  test('and the sandbox that loaded its code serves the first request', async () => {
    assert.deepEqual(house.pool.counts(F, asVersion(1)), { starting: 0, idle: 1, busy: 0 });
    assert.equal(await invoke(), 200);
    assert.deepEqual(loaded, [1]);
    const printed: string[] = [];
    await house.logs.query(F, {}, (records) => void printed.push(...records.map((r) => r.text)));
    assert.doesNotMatch(printed.join('\n'), /Init Duration/);
    assert.equal(versionInfo(1)?.check, undefined);
  });

  test('and one whose code cannot be loaded is kept while the old one answers', async () => {
    const error = await refusal(deploy(withInit('missing')));
    assert.equal(error.code, 'LAM_OPERATIONS_CHECK_FAILED');
    assert.equal(error.exitCode, 8);
    assert.equal(
      error.message,
      "v2 of 'f' fails its check and is not live (v1 is): Runtime.ImportModuleError: Error: Cannot find module './nope'",
    );
    assert.equal(error.hint, 'correct it and try again; without the check: lam rollback f v2 --no-verify');
    assert.deepEqual(error.details['stackTrace'], [TRACE[0], '    at index.js:1:1']);
    assert.deepEqual(error.details['output'], ['loading']);
    assert.equal(live(), 1);
    assert.equal(await invoke(), 200);
    assert.deepEqual(versionInfo(2)?.check, {
      result: 'failed',
      reason: "Runtime.ImportModuleError: Error: Cannot find module './nope'",
    });
    assert.equal(house.pool.counts(F, asVersion(2)).idle, 0);
  });

  for (const [how, reason] of [
    ['exit', 'Runtime.ExitError: Runtime exited with error: exit status 3'],
    ['memory', 'Runtime.OutOfMemory: Runtime exited with error: signal: killed'],
    ['timeout', 'Sandbox.Timedout: Init timed out after 10.00 seconds'],
    ['odd', 'Odd: no JSON'],
  ] as const) {
    test(`and the reason is told when its init ends by ${how}`, async () => {
      const error = await refusal(deploy(withInit(how)));
      assert.equal(error.code, 'LAM_OPERATIONS_CHECK_FAILED');
      assert.ok(error.message.endsWith(reason), error.message);
    });
  }

  test('and a first deploy that fails publishes nothing', async () => {
    const first = (config: ConfigInput) =>
      house.operations.versions.publish(asFunctionName('new'), { artifact, config: { runtime: 'nodejs', ...config } });
    const error = await refusal(first(withInit('missing')));
    assert.match(error.message, /^'new' fails its check and was not deployed: /);
    assert.equal(error.exitCode, 8);
    assert.equal(house.registry.has(asFunctionName('new')), false);
    const { version } = await first({});
    assert.equal(version, 1);
    const printed: string[] = [];
    await house.logs.query(asFunctionName('new'), {}, (records) => void printed.push(...records.map((r) => r.text)));
    assert.deepEqual(printed, ['loading']);
  });

  test('and repeating a deploy that failed checks the same version again', async () => {
    await refusal(deploy(withInit('missing')));
    const again = await refusal(deploy(withInit('missing')));
    assert.equal(again.details['version'], 2);
    isRepaired = true;
    const { version, unchanged, previous } = await deploy(withInit('missing'));
    assert.deepEqual({ version, unchanged, previous }, { version: 2, unchanged: false, previous: 1 });
    assert.equal(live(), 2);
    assert.equal(versionInfo(2)?.check, undefined);
  });

  test('unless the change asks for no check, which marks the version', async () => {
    const { version } = await deploy(withInit('missing'), { verify: false });
    assert.equal(live(), version);
    assert.deepEqual(loaded, [1]);
    const reason = '--no-verify, or verify: false in lam.yaml';
    assert.deepEqual(versionInfo(version)?.check, { result: 'skipped', reason });
    // Unchanged content is no excuse: the live version was never checked.
    const error = await refusal(deploy(withInit('missing')));
    assert.match(error.message, /^v2 of 'f' is live but fails its check: /);
    assert.equal(versionInfo(version)?.check?.result, 'failed');
    isRepaired = true;
    const answer = await deploy(withInit('missing'));
    assert.equal(answer.unchanged, true);
    assert.equal(versionInfo(version)?.check, undefined);
  });

  test('also by new settings, which are dropped when it fails', async () => {
    const patch = { setEnvironment: { INIT: 'missing' } };
    const error = await refusal(house.operations.config.patch(F, patch));
    assert.equal(error.code, 'LAM_OPERATIONS_CHECK_FAILED');
    assert.match(error.hint ?? '', /repeat the command with --no-verify$/);
    assert.equal(live(), 1);
    assert.deepEqual(house.registry.detail(F).overrides, {});
    assert.equal(house.registry.detail(F).history.length, 1);
    await house.operations.config.patch(F, { ...patch, verify: false });
    assert.equal(live(), 2);
    assert.deepEqual(house.registry.detail(F).overrides.environment, { INIT: 'missing' });
  });

  test('also by an alias and by a rollback, with a hint that names the way out', async () => {
    await refusal(deploy(withInit('missing')));
    const to = asVersion(2);
    const alias = await refusal(house.operations.aliases.set(F, asAlias('prod'), { version: to }));
    assert.match(alias.hint ?? '', /lam alias set f prod v2 --no-verify$/);
    assert.deepEqual(house.registry.detail(F).aliases, {});
    const rollback = await refusal(house.operations.versions.rollback(F, { to }));
    assert.match(rollback.hint ?? '', /lam rollback f v2 --no-verify$/);
    assert.equal(live(), 1);
    await house.operations.aliases.set(F, asAlias('prod'), { version: to, verify: false });
    await house.operations.versions.rollback(F, { to, verify: false });
    assert.equal(live(), 2);
    assert.equal(versionInfo(2)?.check?.result, 'failed');
  });

  test('and a version that was loaded before is not loaded again', async () => {
    await deploy(withInit('fine'));
    assert.deepEqual(loaded, [1, 2]);
    await house.operations.versions.rollback(F, {});
    await house.operations.versions.rollback(F, { to: asVersion(2) });
    await house.operations.aliases.set(F, asAlias('prod'), { version: asVersion(1) });
    assert.deepEqual(loaded, [1, 2]);
  });

  test('also one that receives a share of an alias', async () => {
    await refusal(deploy(withInit('missing')));
    const request = { version: asVersion(1), routing: { weights: { 2: 10 } } };
    const error = await refusal(house.operations.aliases.set(F, asAlias('prod'), request));
    assert.equal(error.code, 'LAM_OPERATIONS_CHECK_FAILED');
    assert.equal(error.details['version'], 2);
    assert.equal(error.details['command'], 'lam alias set f prod v1 --weight 2=10 --no-verify');
    const sticky = { ...request, routing: { weights: { 2: 12.5 }, sticky: "x-user's" } };
    const other = await refusal(house.operations.aliases.set(F, asAlias('prod'), sticky));
    const way = `lam alias set f prod v1 --weight 2=12.5 --sticky 'x-user'\\''s' --no-verify`;
    assert.equal(other.details['command'], way);
    assert.ok((other.hint ?? '').endsWith(way), other.message);
    assert.deepEqual(house.registry.detail(F).aliases, {});
    await house.operations.aliases.set(F, asAlias('prod'), { ...request, verify: false });
  });

  test('and a fault of the place is no fault of the code', async () => {
    const large = await refusal(deploy({ memoryMiB: 2048 }));
    assert.equal(large.code, 'LAM_POOL_MEMORY');
    assert.match(large.message, /v2 of 'f' could not be checked and is kept, not live$/);
    assert.match(large.hint ?? '', /without the check: lam rollback f v2 --no-verify$/);
    assert.equal(versionInfo(2)?.check?.result, 'skipped');
    isPlaceBroken = true;
    const broken = await refusal(deploy({ memoryMiB: 256 }));
    assert.equal(broken.code, 'LAM_DRIVER_START_FAILED');
    assert.notEqual(broken.exitCode, 8);
    assert.equal(live(), 1);
    isPlaceBroken = false;
    assert.equal((await deploy({ memoryMiB: 256 })).version, 3);
    assert.equal(live(), 3);
    assert.equal(versionInfo(3)?.check, undefined);
  });

  test('and its error says what ran instead of what is configured', async () => {
    notice = 'the image is not here';
    assert.equal((await refusal(deploy(withInit('missing')))).details['notice'], notice);
    notice = null;
    assert.equal((await refusal(deploy(withInit('missing')))).details['notice'], undefined);
  });

  test('in a dry run too, which keeps nothing', async () => {
    const error = await refusal(deploy(withInit('missing'), { dryRun: true }));
    assert.match(error.message, /^'f' fails its check \(v1 stays live\): /);
    await deploy(withInit('fine'), { dryRun: true });
    assert.equal(house.registry.detail(F).allVersions.length, 1);
    assert.deepEqual(house.pool.counts(F, asVersion(2)), { starting: 0, idle: 0, busy: 0 });
  });

  test('and a caller who disconnects meanwhile gives it up', async () => {
    const body = JSON.stringify({ artifact, config: { runtime: 'nodejs', ...withInit('hang') } });
    const call = send({ socketPath: house.socketPath, path: '/_lam/v1/functions/f/versions', method: 'POST' });
    call.on('error', () => undefined);
    call.end(body);
    await hanging.promise;
    call.destroy();
    // Waits for its turn behind the one that was given up.
    assert.equal((await deploy(withInit('fine'))).version, 2);
    assert.equal(live(), 2);
    assert.equal(house.registry.detail(F).allVersions.length, 2);
    assert.equal(house.pool.counts(F).starting, 0);
  });

  test('and one that is overtaken by a rollback is kept without going live', async () => {
    await deploy(withInit('fine'));
    const late = house.operations.versions.publish(F, { artifact, config: { runtime: 'nodejs', ...withInit('slow') } });
    await house.operations.versions.rollback(F, {});
    const error = await refusal(late);
    assert.equal(error.code, 'LAM_OPERATIONS_OVERTAKEN');
    assert.equal(error.hint, 'make it live: lam rollback f v3');
    assert.equal(live(), 1);
    assert.equal(versionInfo(3)?.live, false);
    assert.equal(versionInfo(3)?.check, undefined);
  });

  test('and a function that is deleted meanwhile is not made again', async () => {
    const late = refusal(deploy(withInit('hang')));
    await hanging.promise;
    await house.operations.functions.remove(F);
    const error = await late;
    assert.equal(error.code, 'LAM_REGISTRY_FUNCTION_NOT_FOUND');
    assert.equal(house.registry.has(F), false);
  });

  test('and a daemon that stops meanwhile makes nothing live', async () => {
    const late = refusal(deploy(withInit('hang')));
    await hanging.promise;
    await house.pool.close(0);
    assert.equal((await late).code, 'LAM_POOL_CLOSED');
    assert.equal(live(), 1);
    assert.equal(house.registry.detail(F).allVersions.length, 1);
  });

  test('one function after the other waits for itself alone', async () => {
    const gone = new AbortController();
    const stuck = refusal(
      house.operations.versions.publish(
        F,
        { artifact, config: { runtime: 'nodejs', ...withInit('hang') } },
        gone.signal,
      ),
    );
    await hanging.promise;
    assert.equal(await house.publish('other'), 1);
    gone.abort();
    assert.equal((await stuck).code, 'LAM_POOL_CANCELLED');
  });
});
