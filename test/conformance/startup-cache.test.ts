import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { pack, unpack } from '../../src/bootstraps/nodejs/archive.ts';
import { BootstrapHouse, type BootedProcess, type BootOptions } from './bootstrap-house.ts';
import { eventually } from './driver-rig.ts';

/** Long enough for its compiled code to be kept. */
const FILLER = `/* ${'x'.repeat(5000)} */`;
const LIBRARY = `${FILLER}
exports.where = () => new Error('here').stack.split('\\n')[1].trim();
exports.value = (event) => ({ value: 'A', event });
`;
const COMMON_JS = {
  'index.js': `${FILLER} exports.handler = async (event) => { const { value, where } = require('./lib/library.js'); return [value(event), where(), (await import('./late.mjs')).default, firstLine(), Reflect.ownKeys(module).filter((key) => typeof key === 'symbol' && /lam/.test(String(key))).length]; };
const firstLine = () => new Error('here').stack.split('\\n')[1].trim();`,
  'lib/library.js': LIBRARY,
  'late.mjs': 'export default "late";',
};
const ES_MODULES = {
  'index.mjs': `${FILLER} import { value } from './other.mjs'; export const handler = async (event) => value(event);`,
  'other.mjs': `${FILLER} export const value = (event) => ({ value: 'A', event });`,
};

describe('the start-up cache of Node functions', { concurrency: false }, () => {
  let house: BootstrapHouse;
  before(async () => {
    house = await BootstrapHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const boot = (taskRoot: string, over: Partial<BootOptions> = {}): Promise<BootedProcess> =>
    house.boot('nodejs', { files: {}, taskRoot, ...over });

  /** The cache that a sandbox of this code reports after one invocation. */
  async function cacheOf(taskRoot: string, over: Partial<BootOptions> = {}): Promise<Buffer> {
    await using booted = await boot(taskRoot, { wantStartupCache: true, ...over });
    await booted.json({ a: 1 });
    assert.ok(await eventually(() => booted.caches.length > 0));
    assert.deepEqual(await readdir(booted.tmp), []);
    return Buffer.from(booted.caches[0] ?? assert.fail());
  }

  test('is reported once, after the first answer, and does not change the function', async () => {
    const root = await house.code(COMMON_JS);
    await using plain = await boot(root);
    const answer = await plain.json({ a: 1 });
    assert.deepEqual(answer, [
      { value: 'A', event: { a: 1 } },
      `at exports.where (${root}/lib/library.js:2:23)`,
      'late',
      `at firstLine (${root}/index.js:2:25)`,
      0,
    ]);
    await using making = await boot(root, { wantStartupCache: true });
    assert.deepEqual(await making.json({ a: 1 }), answer);
    assert.ok(await eventually(() => making.caches.length > 0));
    assert.deepEqual(await making.json({ a: 1 }), answer);
    const cache = Buffer.from(making.caches[0] ?? assert.fail());
    assert.deepEqual([...unpack(cache).keys()].toSorted(), ['cjs/index.js', 'cjs/lib/library.js']);
    await using using_ = await boot(root, { startupCache: cache });
    assert.deepEqual(await using_.json({ a: 1 }), answer);
    assert.deepEqual([plain.caches.length, making.caches.length, using_.caches.length], [0, 1, 0]);
    for (const { logs } of [plain, making, using_]) assert.deepEqual(logs, []);
  });

  test('is used for a module of the same source', async () => {
    const entries = unpack(await cacheOf(await house.code(COMMON_JS)));
    const changed = LIBRARY.replace("'A'", "'B'");
    const root = await house.code({ ...COMMON_JS, 'lib/library.js': changed });
    const value = async (startupCache: Buffer | undefined): Promise<unknown> => {
      await using booted = await boot(root, startupCache === undefined ? {} : { startupCache });
      return Reflect.get(Object(Reflect.get(Object(await booted.json({})), 0)), 'value');
    };
    assert.equal(await value(pack(entries)), 'B', 'of another source');
    // Forged: the code of the other source under the checksum of this one.
    const forged = entries.get('cjs/lib/library.js') ?? assert.fail();
    forged.writeUInt32BE(crc32(forged.subarray(4), crc32(changed)));
    assert.equal(await value(pack(entries)), 'A', 'the cache is used');
    forged.fill(0, 100, 200);
    assert.equal(await value(pack(entries)), 'B', 'damaged');
  });

  test("contains Node's compile cache of ES modules", async () => {
    const root = await house.code(ES_MODULES);
    const cache = await cacheOf(root);
    const names = [...unpack(cache).keys()];
    assert.ok(names.length >= 2 && names.every((name) => name.startsWith('esm/')), names.join());
    await using booted = await boot(root, { startupCache: cache });
    assert.deepEqual(await booted.json({ a: 1 }), { value: 'A', event: { a: 1 } });
    assert.ok(await eventually(async () => (await readdir(booted.tmp)).length === 0));
  });

  test('is reported by a sandbox without invocations', async () => {
    const root = await house.code(COMMON_JS);
    await using idle = await boot(root, { wantStartupCache: true });
    assert.ok(await eventually(() => idle.caches.length > 0));
    assert.deepEqual([...unpack(Buffer.from(idle.caches[0] ?? assert.fail())).keys()], ['cjs/index.js']);
  });

  test('is not used where it gains nothing, nor by functions with source maps', async () => {
    const small = await house.code({ 'index.js': 'exports.handler = async () => 1;' });
    await using booted = await boot(small, { wantStartupCache: true });
    assert.equal(await booted.json({}), 1);
    const root = await house.code(COMMON_JS);
    await using mapped = await boot(root, {
      wantStartupCache: true,
      environment: { NODE_OPTIONS: '--enable-source-maps' },
    });
    await mapped.json({});
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual([booted.caches.length, mapped.caches.length], [0, 0]);
  });

  test('is ignored if it is broken or forged', async () => {
    for (const files of [COMMON_JS, ES_MODULES]) {
      const root = await house.code(files);
      const cache = await cacheOf(root);
      const hostile = pack(
        new Map([
          ['esm/../../escaped', Buffer.from('x')],
          ['esm/a/../../../escaped', Buffer.from('x')],
          ['cjs/index.js', Buffer.alloc(3)],
          ['', Buffer.alloc(0)],
        ]),
      );
      const scrambled = Buffer.from(cache).fill(0x5a, 200, 400);
      for (const startupCache of [
        Buffer.from('x'),
        cache.subarray(0, -1),
        Buffer.alloc(100),
        scrambled,
        hostile ?? assert.fail(),
      ]) {
        await using booted = await boot(root, { startupCache });
        assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.logs));
        assert.match(JSON.stringify(await booted.json({})), /"value":"A"/);
        assert.deepEqual(
          (await readdir(`${booted.tmp}/..`)).filter((name) => name === 'escaped'),
          [],
        );
      }
    }
  });

  test('does not change the error for code that cannot be loaded', async () => {
    for (const [source, type] of [
      [`${FILLER} const x = ;`, 'Runtime.UserCodeSyntaxError'],
      [`${FILLER} throw new RangeError('at load');`, 'RangeError'],
    ] as const) {
      const root = await house.code({ 'index.js': source });
      await using plain = await boot(root);
      await using making = await boot(root, { wantStartupCache: true });
      assert.ok(plain.init.kind === 'error' && making.init.kind === 'error');
      assert.equal(making.init.errorType, type);
      const [expected, actual] = [plain.init, making.init].map(
        ({ payload }) => JSON.parse(Buffer.from(payload).toString()) as { trace: string[] },
      );
      assert.deepEqual(
        { ...actual, trace: actual?.trace.slice(0, 2) },
        { ...expected, trace: expected?.trace.slice(0, 2) },
      );
    }
    const moduleText = await house.code({
      'index.js': `${FILLER} export const handler = async () => 'an ES module without a mark';`,
    });
    await using unmarked = await boot(moduleText, { wantStartupCache: true });
    assert.equal(await unmarked.json({}), 'an ES module without a mark');
  });
});
