import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ConfigInput, TriggerConfig } from '../../../src/contract/index.ts';
import type { CatalogueData } from '../../../src/store/catalogue/schema.ts';
import { asFunctionName } from '../../support/ids.ts';
import { lam } from '../store/support.ts';
import { testRegistry, type TestRegistry } from './support.ts';

/** A version in schema 2. */
interface Before {
  readonly config: { triggers?: readonly { readonly route: string }[]; routes?: readonly string[] };
  readonly input: { triggers?: unknown; routes?: readonly string[] };
}

describe('triggers of versions', () => {
  let t: TestRegistry;
  beforeEach(async () => {
    t = await testRegistry();
  });
  afterEach(() => t.remove());

  const deploy = async (name: string, text: string, config: ConfigInput = {}): Promise<number> => {
    const { version } = await t.registry.publish(asFunctionName(name), { artifact: await t.artifact(text), config });
    return version;
  };
  const route = (text: string): TriggerConfig => ({ type: 'http', route: text });

  test('set live in the short form replace those of lam.yaml until they are unset', async () => {
    await deploy('f', '1', { triggers: [route('GET /a')] });
    await t.registry.patchConfig(asFunctionName('f'), { set: { routes: ['GET /b', 'ANY /c'] } });
    const { config, overrides, routes } = t.registry.detail(asFunctionName('f'));
    assert.deepEqual(config.triggers, [route('GET /b'), route('ANY /c')]);
    assert.deepEqual([overrides, routes, config.routes], [{ routes: ['GET /b', 'ANY /c'] }, routes, routes]);
    await deploy('f', '2', { routes: ['GET /d'] });
    assert.deepEqual(t.registry.triggersOf(asFunctionName('f')), [route('GET /b'), route('ANY /c')]);
    await t.registry.patchConfig(asFunctionName('f'), { unset: ['routes'] });
    assert.deepEqual(
      [t.registry.triggersOf(asFunctionName('f')), t.registry.detail(asFunctionName('f')).overrides],
      [[route('GET /d')], {}],
    );
    const { unchanged, notices } = await t.registry.patchConfig(asFunctionName('f'), { unset: ['routes'] });
    assert.deepEqual([unchanged, notices], [true, ["'routes' comes from lam.yaml: change it there and deploy"]]);
  });

  test('set live as a list replace the short form', async () => {
    await deploy('f', '1');
    await t.registry.patchConfig(asFunctionName('f'), { set: { routes: ['GET /a'] } });
    await t.registry.patchConfig(asFunctionName('f'), { set: { triggers: [route('GET /b')] } });
    assert.deepEqual(t.registry.detail(asFunctionName('f')).overrides, {
      routes: ['GET /b'],
      schedules: [],
      triggers: [],
    });
    assert.deepEqual(t.registry.triggersOf(asFunctionName('f')), [route('GET /b')]);
  });

  test('of routes with options keep them in both forms, and conflict host by host', async () => {
    const hosted = { route: 'GET|PUT /a', host: ['x.example', 'y.example'] };
    await deploy('f', '1', { routes: ['GET /a', hosted] });
    const { config, routes } = t.registry.detail(asFunctionName('f'));
    assert.deepEqual(config.triggers, [route('GET /a'), { type: 'http', ...hosted }]);
    assert.deepEqual(
      [config.routes, routes],
      [
        ['GET /a', hosted],
        ['GET /a', 'GET|PUT x.example,y.example/a'],
      ],
    );
    await deploy('g', '2', {
      routes: [
        { route: 'GET /a', host: 'z.example' },
        { route: 'POST /a', host: 'y.example' },
      ],
    });
    await assert.rejects(
      deploy('h', '3', { routes: ['GET /h', { route: 'DELETE|PUT /a', host: 'y.example' }] }),
      lam('LAM_REGISTRY_ROUTE_CONFLICT', "route 'DELETE|PUT y.example/a' of 'h' is already served by 'f'"),
    );
    assert.equal(t.registry.has(asFunctionName('h')), false);
  });

  test('are added and removed one by one, on top of what is in effect', async () => {
    const F = asFunctionName('f');
    await deploy('f', '1', { routes: ['GET /a'] });
    const hosted = { route: 'GET /b', host: 'x.example' };
    const added = await t.registry.patchConfig(F, { add: { routes: ['GET /a', hosted, { ...hosted, cors: true }] } });
    assert.match(added.notices.join(), /now set live.* until: lam config unset f routes/);
    assert.deepEqual(t.registry.detail(F).overrides, { routes: ['GET /a', { ...hosted, cors: true }] });
    const both = await t.registry.patchConfig(F, {
      add: { routes: ['GET /c'] },
      remove: { routes: ['GET /a', 'GET x.example/b'] },
    });
    assert.deepEqual([both.notices, t.registry.detail(F).overrides], [[], { routes: ['GET /c'] }]);
    // Equal to lam.yaml: nothing is set live any more.
    await t.registry.patchConfig(F, { add: { routes: ['GET /a'] }, remove: { routes: ['GET /c'] } });
    assert.deepEqual(
      [t.registry.detail(F).overrides, t.registry.detail(F).layers.settings['routes']],
      [{}, 'lam.yaml'],
    );
    await t.registry.patchConfig(F, { remove: { routes: ['GET /a'] } });
    assert.deepEqual([t.registry.triggersOf(F), t.registry.detail(F).overrides], [[], { routes: [] }]);
  });

  test('that lack a variable of the function are named, with the command that sets it', async () => {
    const F = asFunctionName('f');
    const queue = { type: 'rabbitmq', url: 'amqp://app:${PASSWORD}@h', queue: 'q', filters: ['{"data":["${X}"]}'] };
    const nightly = { type: 'schedule', cron: '0 3 * * *', event: '${TEXT}' };
    const basic = { type: 'http', route: 'GET /a', auth: { type: 'basic', users: { ada: '${ADA}' } } };
    const words = "RabbitMQ queue 'q', route 'GET /a': needs PASSWORD, ADA, which the function lacks";
    const { notices } = await t.registry.publish(F, {
      artifact: await t.artifact('1'),
      config: { triggers: [queue, nightly, basic] },
    });
    assert.deepEqual(notices, [`${words}; to set: lam env set f PASSWORD=VALUE ADA=VALUE`]);
    const one = await t.registry.patchConfig(F, { setEnvironment: { ADA: 'x' } });
    assert.match(one.notices.join(), /^RabbitMQ queue 'q': needs PASSWORD, which .* lam env set f PASSWORD=VALUE$/);
    assert.deepEqual((await t.registry.patchConfig(F, { setEnvironment: { PASSWORD: 'x' } })).notices, []);
    const onFailure = { type: 'nats', url: 'nats://app:${NATS}@h', subject: 'failed' };
    const sent = await t.registry.patchConfig(F, {
      set: { triggers: [], onFailure, onSuccess: 'https://h/${PATH_KEY}' },
    });
    assert.match(sent.notices.join(), /destination 'onSuccess', destination 'onFailure': needs PATH_KEY, NATS, which/);
  });

  test('and destinations: a function that does not exist is accepted with a notice, unless it is deployed alongside', async () => {
    const F = asFunctionName('f');
    const config = { onFailure: 'function:nope', onSuccess: 'function:f' };
    const none = "onFailure: there is no function 'nope' yet; until it is deployed, records cannot be delivered";
    const artifact = await t.artifact('1');
    assert.deepEqual((await t.registry.publish(F, { artifact, config })).notices, [none]);
    assert.deepEqual((await t.registry.publish(F, { artifact, config, alongside: ['f', 'nope'] })).notices, []);
    const set = await t.registry.patchConfig(F, { set: { onFailure: { type: 'function', function: 'none' } } });
    assert.match(set.notices.join(), /^onFailure: there is no function 'none' yet/);
    await deploy('nope', '2', {});
    assert.deepEqual((await t.registry.patchConfig(F, { set: { onFailure: 'function:nope' } })).notices, []);
  });

  test('of all kinds are added and removed live, and hide those of lam.yaml until that is lifted', async () => {
    const F = asFunctionName('f');
    const stream = (name: string, more: object = {}) => ({ type: 'redis', url: 'redis://h', stream: name, ...more });
    await deploy('f', '1', { routes: ['GET /a'], triggers: [stream('one')] });
    const added = await t.registry.patchConfig(F, { add: { triggers: [stream('two'), route('GET /b')] } });
    assert.match(added.notices.join(), /the triggers of 'f' are now set live.* until: lam config unset f triggers/);
    assert.equal(
      t.registry.detail(F).allVersions[0]?.message,
      'routes GET /a -> GET /a, GET /b, triggers redis:one -> redis:one, redis:two',
    );
    assert.deepEqual(t.registry.detail(F).overrides, {
      routes: ['GET /a', 'GET /b'],
      triggers: [stream('one'), stream('two')],
    });
    // One of the same name is replaced, not doubled.
    await t.registry.patchConfig(F, { add: { triggers: [stream('two', { batchSize: 5 })] } });
    await t.registry.patchConfig(F, { remove: { triggers: ['redis:one', 'http:GET /a'] } });
    const live = [stream('two', { batchSize: 5 }), route('GET /b')];
    assert.deepEqual(t.registry.triggersOf(F), live);
    const { notices } = await t.registry.publish(F, {
      artifact: t.registry.resolve(F).artifact,
      config: { routes: ['GET /a'], triggers: [stream('three')] },
    });
    assert.deepEqual(t.registry.triggersOf(F), live);
    assert.ok(
      notices.includes(
        "triggers: redis:three in lam.yaml is hidden by redis:two from 'lam config set'; to use lam.yaml: lam config unset f triggers",
      ),
      notices.join('\n'),
    );
    await t.registry.patchConfig(F, { unset: ['triggers'] });
    assert.deepEqual(t.registry.triggersOf(F), [stream('three'), route('GET /b')]);
    const again = await t.registry.patchConfig(F, { unset: ['triggers'] });
    assert.deepEqual(again.notices, ["'triggers' comes from lam.yaml: change it there and deploy"]);
    await t.registry.patchConfig(F, { remove: { triggers: ['redis:three'] } });
    assert.deepEqual([t.registry.triggersOf(F), t.registry.detail(F).overrides.triggers], [[route('GET /b')], []]);
    assert.equal(t.registry.detail(F).layers.settings['triggers'], 'config set');
    // Equal to lam.yaml: nothing is set live any more.
    await t.registry.patchConfig(F, { add: { triggers: [stream('three')] } });
    assert.equal(t.registry.detail(F).overrides.triggers, undefined);
  });

  test('with options are told by their names in notices', async () => {
    const F = asFunctionName('f');
    const cors = { route: 'GET /b', host: 'x.example', cors: { origins: ['https://a.example'] } };
    await deploy('f', '1', { routes: [cors] });
    await t.registry.patchConfig(F, { set: { routes: ['GET /c'], schedules: [{ every: '5m', event: { a: 1 } }] } });
    const { notices } = await t.registry.publish(F, {
      artifact: t.registry.resolve(F).artifact,
      config: { routes: [cors] },
    });
    assert.match(notices.join(), /^routes: GET x\.example\/b \(cors\) in lam\.yaml is hidden by GET \/c from/);
    assert.equal(
      t.registry.detail(F).allVersions.at(-2)?.message,
      'routes GET x.example/b (cors) -> GET /c, schedules none -> every 5m (event)',
    );
  });

  test('that are added or removed wrongly change nothing', async () => {
    const F = asFunctionName('f');
    await deploy('f', '1', { routes: ['GET /a'] });
    for (const [patch, code, part] of [
      [{ remove: { routes: ['GET /b'] } }, 'LAM_REGISTRY_TRIGGER_NOT_FOUND', "has no route 'GET /b'"],
      [{ remove: { triggers: ['redis:x'] } }, 'LAM_REGISTRY_TRIGGER_NOT_FOUND', "has no trigger 'redis:x'"],
      [{ remove: { triggers: ['schedule:x'] } }, 'LAM_REGISTRY_TRIGGER_NOT_FOUND', "has no schedule 'x'"],
      [{ add: { triggers: [{ type: 'redis' }, 7] } }, 'LAM_REGISTRY_INVALID_CONFIG', 'url is missing'],
      [{ add: { routes: ['GET b'] } }, 'LAM_REGISTRY_INVALID_CONFIG', "'GET b' must read"],
      [{ add: { routes: [7, { host: 9 }, null] } }, 'LAM_REGISTRY_INVALID_CONFIG', 'route must be text'],
    ] as const)
      await assert.rejects(t.registry.patchConfig(F, patch as never), lam(code, part));
    assert.deepEqual([t.registry.resolve(F).version, t.registry.detail(F).overrides], [1, {}]);
  });

  test('that are not a list are refused in both forms', async () => {
    for (const [config, part] of [
      [{ routes: 'GET /a' }, 'routes: must be a list'],
      [{ triggers: {} }, 'triggers: must be a list'],
      [{ routes: [1] }, 'triggers: route must be text, in entry 1'],
    ] as const) {
      await assert.rejects(deploy('f', '1', config as never), lam('LAM_REGISTRY_INVALID_CONFIG', part));
    }
  });

  test('migrates a home of schema 2 and keeps its routes', async () => {
    await deploy('f', '1', { routes: ['GET /a'] });
    await t.registry.patchConfig(asFunctionName('f'), { set: { routes: ['GET /b'] } });
    const written = JSON.parse(await readFile(t.store.paths.catalogue, 'utf8')) as CatalogueData;
    for (const { config, input } of Object.values(written.functions['f']?.versions ?? {}) as object[] as Before[]) {
      config.routes = (config.triggers ?? []).map((trigger) => trigger.route);
      delete config.triggers;
      input.routes = ['GET /a'];
      delete input.triggers;
    }
    await t.store.close();
    await writeFile(t.store.paths.catalogue, JSON.stringify({ ...written, schema: 2 }));
    t = await t.reload();
    assert.deepEqual(t.registry.triggersOf(asFunctionName('f')), [{ type: 'http', route: 'GET /b' }]);
    assert.deepEqual(t.registry.detail(asFunctionName('f')).allVersions[1]?.config.routes, ['GET /a']);
    assert.equal((await t.registry.patchConfig(asFunctionName('f'), { set: { routes: ['GET /b'] } })).unchanged, true);
    await t.registry.patchConfig(asFunctionName('f'), { unset: ['routes'] });
    assert.deepEqual(t.registry.detail(asFunctionName('f')).routes, ['GET /a']);
  });
});
