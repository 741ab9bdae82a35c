import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  ConfigInput,
  ConfigPatch,
  FlagSettings,
  FunctionConfig,
  PublishAnswer,
} from '../../../src/contract/index.ts';
import type { CatalogueData } from '../../../src/store/catalogue/schema.ts';
import { asAlias, asFunctionName, asVersion } from '../../support/ids.ts';
import { lam } from '../store/support.ts';
import { testRegistry, type TestRegistry } from './support.ts';

const F = asFunctionName('f');

describe('the layers of settings', () => {
  let t: TestRegistry;
  beforeEach(async () => {
    t = await testRegistry();
  });
  afterEach(() => t.remove());

  const deploy = async (config: ConfigInput, flags: FlagSettings = {}, text = '1'): Promise<PublishAnswer> =>
    t.registry.publish(F, { artifact: await t.artifact(text), config, flags });
  const patch = (change: ConfigPatch): Promise<PublishAnswer> => t.registry.patchConfig(F, change);
  const live = (): FunctionConfig => t.registry.resolve(F).config;
  const layerOf = (field: 'timeoutMs' | 'memoryMiB' | 'handler' | 'routes'): string =>
    t.registry.detail(F).layers.settings[field] ?? 'default';
  const message = (): string => t.registry.detail(F).allVersions[0]?.message ?? '';

  describe('a flag of a deploy', () => {
    test('wins over a live setting, which is removed, and the answer says so', async () => {
      await deploy({ timeoutMs: 3000 });
      await patch({ set: { timeoutMs: 5000 } });
      const { unchanged, notices } = await deploy({ timeoutMs: 3000 }, { timeoutMs: 9000 });
      assert.equal(unchanged, false);
      assert.deepEqual([live().timeoutMs, layerOf('timeoutMs')], [9000, 'flag']);
      assert.deepEqual(notices, ["timeout: the flag's 9 s replaces 5 s from 'lam config set', which is removed"]);
      assert.deepEqual(t.registry.detail(F).overrides, {});
    });

    test('removes the live setting of the same value too, although nothing is published', async () => {
      await deploy({ timeoutMs: 3000 });
      await patch({ set: { timeoutMs: 5000 } });
      const { unchanged, notices } = await deploy({ timeoutMs: 3000 }, { timeoutMs: 5000 });
      assert.deepEqual([unchanged, notices.length, layerOf('timeoutMs')], [true, 1, 'flag']);
      await deploy({ timeoutMs: 3000 });
      assert.equal(live().timeoutMs, 3000);
    });

    test('counts for that deploy only, and the next one says what changes', async () => {
      await deploy({ timeoutMs: 3000 }, { timeoutMs: 9000, environment: { A: 'secret-1', B: 'secret-2' } });
      const { notices } = await deploy({ timeoutMs: 3000, environment: { B: '2' } });
      assert.deepEqual([live().timeoutMs, live().environment, layerOf('timeoutMs')], [3000, { B: '2' }, 'lam.yaml']);
      assert.deepEqual(notices, [
        'timeout: 9 s -> 3 s, because flags count for one deploy; to keep it: lam config set f timeout=9',
        'environment: changed B, -A, because flags count for one deploy; to keep what they gave: lam env set f A=VALUE B=VALUE',
      ]);
    });

    test('is kept by the command that the next deploy names', async () => {
      await deploy({}, { handler: 'index.it', description: "it's two words" });
      const { notices } = await deploy({});
      assert.deepEqual(
        notices.map((notice) => notice.split('to keep it: lam config set f ')[1]),
        ['handler=index.it', String.raw`'description=it'\''s two words'`],
      );
    });

    test('stays through changes of other settings', async () => {
      await deploy({}, { timeoutMs: 9000 });
      await patch({ set: { memoryMiB: 256 } });
      assert.deepEqual([live().timeoutMs, layerOf('timeoutMs')], [9000, 'flag']);
    });

    test('yields to a live setting that is set after it, and to lam.yaml when it is unset', async () => {
      await deploy({ timeoutMs: 3000, environment: { A: 'file' } }, { timeoutMs: 9000, environment: { A: 'flag' } });
      await patch({ set: { timeoutMs: 5000 }, setEnvironment: { A: 'live' } });
      assert.deepEqual([live().timeoutMs, live().environment], [5000, { A: 'live' }]);
      await patch({ unset: ['timeoutMs'], unsetEnvironment: ['A'] });
      assert.deepEqual([live().timeoutMs, live().environment], [3000, { A: 'file' }]);
      await deploy({ timeoutMs: 3000, environment: { A: 'file' } }, { timeoutMs: 9000, environment: { A: 'flag' } });
      const { notices } = await patch({ unset: ['timeoutMs', 'environment'] });
      assert.deepEqual([live().timeoutMs, live().environment, notices], [3000, { A: 'file' }, []]);
    });

    test('cannot be a trigger', async () => {
      const flags = { routes: ['GET /a'] } as FlagSettings;
      await assert.rejects(deploy({}, flags), lam('LAM_REGISTRY_INVALID_CONFIG', 'routes: cannot be given as a flag'));
    });
  });

  describe('a live setting', () => {
    test('is named by every deploy in which it hides a value of lam.yaml, with the command that removes it', async () => {
      await deploy({ timeoutMs: 3000, routes: ['GET /a'], environment: { A: 'file-secret', B: 'same' } });
      await patch({
        set: { timeoutMs: 5000, memoryMiB: 256, routes: ['GET /b'] },
        setEnvironment: { A: 'live-secret', B: 'same', C: 'only-live' },
      });
      const hidden = [
        "timeout: 8 s in lam.yaml is hidden by 5 s from 'lam config set'; to use lam.yaml: lam config unset f timeout",
        "routes: GET /a in lam.yaml is hidden by GET /b from 'lam config set'; to use lam.yaml: lam config unset f routes",
        "environment: A in lam.yaml is hidden by 'lam env set'; to use lam.yaml: lam env unset f A",
      ];
      const edited = { timeoutMs: 8000, routes: ['GET /a'], environment: { A: 'file-secret', B: 'same' } };
      const { unchanged, notices } = await deploy(edited);
      assert.deepEqual([unchanged, notices], [true, hidden]);
      assert.deepEqual((await deploy(edited, {}, '2')).notices, hidden);
      await patch({ unset: ['timeoutMs', 'routes'], unsetEnvironment: ['A'] });
      assert.deepEqual((await deploy(edited, {}, '2')).notices, []);
      assert.deepEqual([live().timeoutMs, live().environment['A']], [8000, 'file-secret']);
    });

    test('that a rollback leaves behind is named', async () => {
      await deploy({});
      await patch({ set: { timeoutMs: 5000 }, setEnvironment: { A: 'secret' } });
      const { notices } = await t.registry.rollback(F, {});
      assert.deepEqual([live().timeoutMs, layerOf('timeoutMs')], [3000, 'default']);
      assert.deepEqual(notices, [
        "timeout from 'lam config set' does not apply to this version, and will again from the next deploy or change of settings; to remove: lam config unset f timeout",
        "A from 'lam env set' does not apply to this version, and will again from the next deploy or change of settings; to remove: lam env unset f A",
      ]);
      const deployed = await deploy({}, {}, '2');
      assert.deepEqual([live().timeoutMs, live().environment], [5000, { A: 'secret' }]);
      assert.deepEqual(deployed.notices, [
        'the live settings are not those of v1, which was rolled back to: timeout 3 s -> 5 s; environment: +A',
      ]);
    });

    test('that a change after a rollback brings back, or takes away, is named', async () => {
      await deploy({});
      await patch({ set: { timeoutMs: 5000 } });
      await patch({ unset: ['timeoutMs'], set: { memoryMiB: 256 } });
      await t.registry.rollback(F, { to: asVersion(2) });
      const { notices } = await patch({ set: { cpus: 2 } });
      assert.deepEqual(notices, [
        'the live settings are not those of v2, which was rolled back to: timeout 5 s -> 3 s, memory 128 MiB -> 256 MiB',
      ]);
      assert.deepEqual((await patch({ set: { cpus: 1 } })).notices, []);
    });
  });

  test('are known of each value of each version', async () => {
    await deploy({ memoryMiB: 256, routes: ['GET /a'], environment: { A: '1', B: '1' } }, { environment: { C: '1' } });
    await patch({ set: { handler: 'index.other' }, setEnvironment: { B: '2', ['__proto__']: '3' } });
    const [second, first] = t.registry.detail(F).allVersions;
    assert.deepEqual(first?.layers, {
      settings: { memoryMiB: 'lam.yaml', routes: 'lam.yaml' },
      environment: { A: 'lam.yaml', B: 'lam.yaml', C: 'flag' },
    });
    assert.deepEqual(second?.layers.settings, { ...first.layers.settings, handler: 'config set' });
    assert.deepEqual(Object.entries(second.layers.environment), [
      ['A', 'lam.yaml'],
      ['B', 'env set'],
      ['__proto__', 'env set'],
      ['C', 'flag'],
    ]);
  });

  test('of a version before schema 4 are read from what its configuration has beyond lam.yaml', async () => {
    await deploy({ memoryMiB: 256, environment: { A: '1', B: '1' } });
    await patch({ set: { timeoutMs: 5000, routes: ['GET /b'] }, setEnvironment: { B: '2' } });
    const written = JSON.parse(await readFile(t.store.paths.catalogue, 'utf8')) as CatalogueData;
    for (const version of Object.values(written.functions['f']?.versions ?? {})) {
      delete version.flags;
      delete version.overrides;
    }
    await t.store.close();
    await writeFile(t.store.paths.catalogue, JSON.stringify({ ...written, schema: 3 }));
    t = await t.reload();
    assert.deepEqual(t.registry.detail(F).layers, {
      settings: { memoryMiB: 'lam.yaml', timeoutMs: 'config set', routes: 'config set' },
      environment: { A: 'lam.yaml', B: 'env set' },
    });
    await patch({ unset: ['timeoutMs'] });
    assert.deepEqual([live().timeoutMs, live().memoryMiB], [3000, 256]);
  });

  describe('the message of a version', () => {
    test('of changed settings says what changed, with keys but no values of variables', async () => {
      await deploy({ environment: { B: 'secret-1', C: 'secret-2' }, routes: ['GET /a'] });
      await patch({ set: { timeoutMs: 5000, description: 'x'.repeat(100), idleTimeoutMs: 60_000 } });
      assert.equal(message(), `description "" -> ${'x'.repeat(37)}..., timeout 3 s -> 5 s, idle adaptive -> 60 s`);
      await patch({ setEnvironment: { A: 'secret-3', B: 'secret-4' } });
      assert.equal(message(), 'environment: +A, changed B');
      await patch({ unsetEnvironment: ['A'], set: { routes: [] } });
      assert.equal(message(), 'routes GET /a -> none; environment: -A');
      await patch({ setEnvironment: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`K${n}`, 'secret'])) });
      assert.match(message(), /^environment: \+K0, .*\+K11 and 8 more$/);
      assert.equal(t.registry.detail(F).history[0]?.message, message());
      assert.doesNotMatch(JSON.stringify(t.registry.detail(F).history), /secret/);
    });

    test('is the one given, where one is given', async () => {
      await deploy({});
      await patch({ set: { timeoutMs: 5000 }, message: 'slow database' });
      assert.equal(message(), 'slow database');
    });

    test('names the move of an alias', async () => {
      await deploy({});
      await deploy({}, {}, '2');
      const moved = (): string | undefined => t.registry.detail(F).history[0]?.message;
      await t.registry.setAlias(F, asAlias('prod'), { version: asVersion(1) });
      assert.equal(moved(), 'prod -> v1');
      await t.registry.setAlias(F, asAlias('prod'), { version: asVersion(2) });
      assert.equal(moved(), 'prod v1 -> v2');
      await t.registry.deleteAlias(F, asAlias('prod'));
      assert.equal(moved(), 'prod v2 removed');
      await t.registry.setAlias(F, asAlias('prod'), { version: asVersion(2), message: 'release 2' });
      assert.equal(moved(), 'release 2');
    });
  });
});
