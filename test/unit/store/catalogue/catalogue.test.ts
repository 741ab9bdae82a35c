import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { nextVersionNumber, NO_LIMITS } from '../../../../src/contract/index.ts';
import { readCatalogue } from '../../../../src/store/catalogue/schema.ts';
import { lam, openCatalogue, recordOf } from '../support.ts';
import { asFunctionName, asVersion, digestFor } from '../../../support/ids.ts';

/** What schema 6 adds. */
const EVENTS = {
  async: false,
  maximumRetryAttempts: 2,
  maximumEventAgeMs: 21_600_000,
  eventVersion: 'run',
  onSuccess: null,
  onFailure: null,
  maximumQueuedEvents: 2_000_000,
  maximumDeadLetters: 10_000,
};

describe('the catalogue', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lam-catalogue-'));
    path = join(folder, 'catalogue.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('makes a change durable before readers see it', async () => {
    const catalogue = await openCatalogue(path);
    const seen: unknown[] = [];
    catalogue.watch(({ names }) => seen.push([...names, catalogue.view.has(asFunctionName('f'))]));
    const changing = catalogue.change((draft) => draft.add(recordOf('f')));
    assert.equal(catalogue.view.has(asFunctionName('f')), false);
    await changing;
    assert.deepEqual(seen, [['f', true]]);
    assert.equal((await openCatalogue(path)).view.has(asFunctionName('f')), true);
    assert.deepEqual(await readdir(folder), ['catalogue.json']);
  });

  test('applies changes in turn, each to the result of the last', async () => {
    const catalogue = await openCatalogue(path);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        catalogue.change((draft) => (draft.retired['n'] = nextVersionNumber(draft.retired['n']))),
      ),
    );
    assert.equal(catalogue.view.retired['n'], 20);
  });

  test('is unchanged when a change throws, and takes the next one', async () => {
    const catalogue = await openCatalogue(path);
    const broken = catalogue.change((draft) => {
      draft.retired['f'] = asVersion(1);
      throw new RangeError('no');
    });
    await assert.rejects(broken, RangeError);
    assert.deepEqual(catalogue.view.retired, {});
    await catalogue.change((draft) => (draft.retired['g'] = asVersion(1)));
    assert.deepEqual(catalogue.view.retired, { g: 1 });
  });

  test('is unchanged in memory when writing fails, and takes the next change', async () => {
    const catalogue = await openCatalogue(path);
    await catalogue.change((draft) => (draft.retired['f'] = asVersion(1)));
    await rm(path);
    await mkdir(join(path, 'in the way'), { recursive: true });
    await assert.rejects(catalogue.change((draft) => (draft.retired['f'] = asVersion(2))));
    assert.deepEqual(catalogue.view.retired, { f: 1 });
    assert.deepEqual(await readdir(folder), ['catalogue.json']);
    await rm(path, { recursive: true });
    await catalogue.change((draft) => (draft.retired['g'] = asVersion(2)));
    assert.deepEqual((await openCatalogue(path)).view.retired, { f: 1, g: 2 });
  });

  test('refuses a change for its own reason, also after a failed write that cannot be made up for', async () => {
    const catalogue = await openCatalogue(path);
    await mkdir(join(path, 'in the way'), { recursive: true });
    await assert.rejects(catalogue.change((draft) => (draft.retired['f'] = asVersion(2))));
    const refused = catalogue.change(() => {
      throw new RangeError('no');
    });
    await assert.rejects(refused, RangeError);
  });

  test('does not write when nothing changed', async () => {
    const catalogue = await openCatalogue(path);
    await catalogue.change((draft) => (draft.retired['f'] = asVersion(1)));
    await rm(path);
    await catalogue.change((draft) => void (draft.retired['f'] = asVersion(1)));
    assert.deepEqual(await readdir(folder), []);
  });

  test('rehearses a change without storing it', async () => {
    const catalogue = await openCatalogue(path);
    assert.equal(
      catalogue.rehearse((draft) => (draft.retired['f'] = asVersion(9))),
      9,
    );
    assert.deepEqual(catalogue.view.retired, {});
  });

  test('is read in any JSON layout', async () => {
    await writeFile(path, '{"retired": {"f": 3},\n\n"functions": {}, "schema": 2}');
    assert.deepEqual((await openCatalogue(path)).view.retired, { f: 3 });
  });

  const corrupt: readonly [string, string, string][] = [
    ['is empty', '', 'empty'],
    ['was cut off', '{"schema":1,"functions":{', 'not JSON'],
    ['is something else', '[1]', 'not an object'],
    ['has no schema', '{"functions":{},"retired":{}}', 'schema'],
    ['has no functions', '{"schema":1,"retired":{}}', "'functions'"],
    [
      'has a function without its live version',
      JSON.stringify({
        schema: 1,
        retired: {},
        functions: { f: { name: 'f', versions: {}, aliases: {}, overrides: {}, history: [], live: 1 } },
      }),
      "'f'",
    ],
  ];
  for (const [title, text, names] of corrupt) {
    test(`that ${title} is reported, copied aside once, and left unchanged`, async () => {
      await writeFile(path, text);
      await assert.rejects(openCatalogue(path), lam('LAM_STORE_CORRUPT', names));
      await assert.rejects(openCatalogue(path), lam('LAM_STORE_CORRUPT', names));
      assert.equal(await readFile(path, 'utf8'), text);
      const [, kept, ...more] = (await readdir(folder)).toSorted();
      assert.deepEqual(more, []);
      assert.match(kept ?? '', /^catalogue\.json\.corrupt-\d{4}-/);
      assert.equal(await readFile(join(folder, kept ?? ''), 'utf8'), text);
    });
  }

  test('of a newer schema is refused and left unchanged', async () => {
    const text = '{"schema":99,"functions":{},"retired":{}}';
    await writeFile(path, text);
    await assert.rejects(openCatalogue(path), lam('LAM_STORE_NEWER', '99'));
    assert.equal(await readFile(path, 'utf8'), text);
  });

  test('of schema 1 gets the later settings, and keeps an idle time that was set', () => {
    const version = (input: object) => ({
      version: 1,
      artifact: digestFor('code'),
      input,
      config: { memoryMiB: 128, idleTimeoutMs: 600_000 },
    });
    const record = (name: string, input: object, overrides: object) =>
      Object.assign(
        { name, live: 1, lastVersion: 1, aliases: {}, history: [], overrides },
        { versions: { 1: version(input) } },
      );
    const functions = {
      plain: record('plain', {}, {}),
      inYaml: record('inYaml', { idleTimeoutMs: 600_000 }, {}),
      overridden: record('overridden', {}, { idleTimeoutMs: 600_000 }),
    };
    const reading = readCatalogue(JSON.stringify({ schema: 1, retired: {}, functions }));
    assert.ok(reading.kind === 'ok');
    const idle = Object.entries(reading.data.functions).map(([name, f]) => [name, f.versions['1']?.config]);
    const after = (idleTimeoutMs: number | null) => ({
      memoryMiB: 128,
      idleTimeoutMs,
      concurrency: 1,
      provisionedConcurrency: 0,
      triggers: [],
      payload: '2.0',
      layers: null,
      ...EVENTS,
      ...NO_LIMITS,
    });
    assert.deepEqual(Object.fromEntries(idle), {
      plain: after(null),
      inYaml: after(600_000),
      overridden: after(600_000),
    });
  });

  test('of schema 2 has its routes as triggers, in the configuration and in the input of the author', () => {
    const versions = {
      1: {
        version: 1,
        artifact: digestFor('code'),
        input: { routes: ['GET /a'] },
        config: { pids: 9, routes: ['GET /a', 'ANY /b'] },
      },
      2: { version: 2, artifact: digestFor('code'), input: {}, config: { pids: 9, routes: [] } },
    };
    const overrides = { routes: ['GET /a', 'ANY /b'] };
    const f = { name: 'f', live: 1, lastVersion: 2, aliases: {}, history: [], overrides, versions };
    const reading = readCatalogue(JSON.stringify({ schema: 2, retired: {}, functions: { f } }));
    assert.ok(reading.kind === 'ok');
    const migrated = reading.data.functions['f'];
    assert.deepEqual(migrated?.versions['1']?.config, {
      pids: 9,
      triggers: [
        { type: 'http', route: 'GET /a' },
        { type: 'http', route: 'ANY /b' },
      ],
      payload: '2.0',
      layers: null,
      ...EVENTS,
      ...NO_LIMITS,
    });
    assert.deepEqual(migrated?.versions['1']?.input, { triggers: [{ type: 'http', route: 'GET /a' }] });
    assert.deepEqual(
      [migrated?.versions['2']?.config, migrated?.versions['2']?.input],
      [{ pids: 9, triggers: [], payload: '2.0', layers: null, ...EVENTS, ...NO_LIMITS }, {}],
    );
    assert.deepEqual(migrated?.overrides, overrides);
  });

  test('of schema 3 keeps every setting of its versions, and a version may lack flags and live settings', () => {
    const versions = {
      1: { version: 1, artifact: digestFor('code'), input: { timeoutMs: 9000 }, config: { pids: 9, triggers: [] } },
    };
    const f = { name: 'f', live: 1, lastVersion: 1, aliases: {}, history: [], overrides: { memoryMiB: 64 }, versions };
    const reading = readCatalogue(JSON.stringify({ schema: 3, retired: {}, functions: { f } }));
    const [kept] = Object.values(versions);
    const config = { ...kept?.config, payload: '2.0', layers: null, ...EVENTS, ...NO_LIMITS };
    const migrated = { ...f, versions: { 1: { ...kept, config } } };
    assert.deepEqual(reading, { kind: 'ok', data: { schema: 7, retired: {}, functions: { f: migrated } } });
  });

  test('of schema 6 has its provisioned sandboxes under the name of AWS, wherever they were set', () => {
    const of = (key: string, limits: object): object => ({
      ...{ name: 'f', live: 1, lastVersion: 1, aliases: {}, history: [], overrides: { [key]: 2 } },
      versions: {
        1: {
          ...{ version: 1, artifact: digestFor('code'), input: { [key]: 1 }, flags: { [key]: 3 }, overrides: {} },
          config: { triggers: [], [key]: 3, ...limits },
        },
      },
    });
    const text = JSON.stringify({ schema: 6, retired: {}, functions: { f: of('minWarm', {}) } });
    const functions = { f: of('provisionedConcurrency', NO_LIMITS) };
    assert.deepEqual(readCatalogue(text), { kind: 'ok', data: { schema: 7, retired: {}, functions } });
  });

  for (const [what, routing] of [
    ['of no alias', { other: { weights: { 1: 10 } } }],
    ['to a version that is missing', { prod: { weights: { 7: 10 } } }],
    ['without weights', { prod: {} }],
    ['that is a list', []],
  ] as const)
    test(`with a division of requests ${what} is damaged`, () => {
      const versions = { 1: { version: 1, artifact: digestFor('a'), input: {}, config: { triggers: [] } } };
      const f = { name: 'f', live: 1, lastVersion: 1, aliases: { prod: 1 }, history: [], overrides: {}, versions };
      const read = (more: object): string =>
        readCatalogue(JSON.stringify({ schema: 7, retired: {}, functions: { f: { ...f, ...more } } })).kind;
      assert.equal(read({ routing: { prod: { weights: { 1: 10 } } } }), 'ok');
      assert.equal(read({ routing }), 'corrupt');
    });

  test('of an older schema goes through every migration in turn', () => {
    const migrations = [
      (data: Record<string, unknown>) => ({ ...data, retired: {} }),
      (data: Record<string, unknown>) => ({ ...data, functions: {}, steps: [data['schema']] }),
    ];
    const reading = readCatalogue('{"schema":1}', migrations);
    assert.deepEqual(reading, { kind: 'ok', data: { schema: 3, retired: {}, functions: {}, steps: [2] } });
    assert.equal(readCatalogue('{"schema":4}', migrations).kind, 'newer');
  });
});
