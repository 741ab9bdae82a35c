import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BootstrapHouse, type BootedProcess, type BootOptions } from './bootstrap-house.ts';
import { eventually } from './driver-rig.ts';

const LIBRARY = `
def value():
    return "A"

def where():
    try:
        raise KeyError("here")
    except KeyError as error:
        return [error.__traceback__.tb_lineno, error.__traceback__.tb_frame.f_code.co_filename]
`;
const FILES = {
  'index.py': `
import sys
from lib import library

def handler(event, context):
    from lib import late
    return [library.value(), library.where(), late.NAME, event, sys.dont_write_bytecode]
`,
  'lib/__init__.py': '',
  'lib/library.py': LIBRARY,
  'lib/late.py': 'NAME = "late"',
};

/** The same cache, in which the library's text "A" is "Z". */
function forge(cache: Buffer): Buffer {
  const text = (letter: string): Buffer => Buffer.concat([Buffer.from([0xda, 1]), Buffer.from(letter)]);
  const at = cache.indexOf(text('A'));
  assert.ok(at > 0);
  const entries = Buffer.from(cache.subarray(12));
  text('Z').copy(entries, at - 12);
  const sum = 'import sys, _imp; sys.stdout.buffer.write(_imp.source_hash(0, sys.stdin.buffer.read()))';
  const checksum = execFileSync('python3', ['-I', '-S', '-c', sum], {
    input: entries,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  });
  return Buffer.concat([cache.subarray(0, 4), checksum, entries]);
}

describe('the start-up cache of Python functions', { concurrency: false }, () => {
  let house: BootstrapHouse;
  before(async () => {
    house = await BootstrapHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const boot = (taskRoot: string, over: Partial<BootOptions> = {}): Promise<BootedProcess> =>
    house.boot('python3', { files: {}, taskRoot, ...over });

  /** The cache that a sandbox of this code reports after one invocation. */
  async function cacheOf(taskRoot: string, over: Partial<BootOptions> = {}): Promise<Buffer> {
    await using booted = await boot(taskRoot, { wantStartupCache: true, ...over });
    await booted.json({ a: 1 });
    assert.ok(await eventually(() => booted.caches.length > 0));
    assert.equal(Reflect.get(Object(await booted.json({ a: 1 })), 4), true, 'byte code is written no more');
    assert.equal(booted.caches.length, 1);
    return Buffer.from(booted.caches[0] ?? assert.fail());
  }

  /** Files that Python left beside the code. */
  const remains = async (root: string): Promise<readonly string[]> =>
    (await readdir(root, { recursive: true })).filter((name) => name.includes('__pycache__'));

  test('is reported once, after the first answer, leaves no file, and does not change the function', async () => {
    const root = await house.code(FILES);
    await using plain = await boot(root);
    const answer = await plain.json({ a: 1 });
    assert.deepEqual(answer, ['A', [7, join(root, 'lib/library.py')], 'late', { a: 1 }, true]);
    const cache = await cacheOf(root);
    for (const name of ['index', 'lib/__pycache__/__init__', 'lib/__pycache__/library', 'lib/__pycache__/late'])
      assert.ok(cache.includes(`${name}.cpython-`), name);
    assert.ok(!cache.includes('json'), 'nothing of Python’s own');
    await using cached = await boot(root, { startupCache: cache });
    assert.deepEqual(await cached.json({ a: 1 }), answer);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual([plain.caches.length, cached.caches.length], [0, 0]);
    assert.deepEqual([...(await remains(root)), ...plain.logs, ...cached.logs, ...(await readdir(cached.tmp))], []);
  });

  test('is used for a module of the same source, at any path and with any modification time', async () => {
    const cache = await cacheOf(await house.code(FILES));
    // The same length and the same checksum of its source; only the byte code differs.
    const forged = forge(cache);
    const value = async (root: string, startupCache: Buffer): Promise<unknown> => {
      await using booted = await boot(root, { startupCache });
      return Reflect.get(Object(await booted.json({})), 0);
    };
    const moved = await house.code(FILES);
    await utimes(join(moved, 'lib/library.py'), 1, 1);
    assert.equal(await value(moved, forged), 'Z', 'the cache is used');
    const changed = await house.code({ ...FILES, 'lib/library.py': LIBRARY.replace('"A"', '"B"') });
    assert.equal(await value(changed, forged), 'B', 'of another source');
    assert.equal(await value(changed, cache), 'B');
  });

  test('is reported by a sandbox without invocations, and by one that runs many at once', async () => {
    const root = await house.code(FILES);
    await using idle = await boot(root, { wantStartupCache: true });
    assert.ok(await eventually(() => idle.caches.length > 0));
    assert.ok(!Buffer.from(idle.caches[0] ?? assert.fail()).includes('late.cpython'));
    const cache = await cacheOf(root, { concurrency: 4 });
    await using many = await boot(root, { concurrency: 4, startupCache: cache });
    assert.equal(Reflect.get(Object(await many.json({})), 0), 'A');
  });

  test('is reported by a sandbox that is always busy', async () => {
    await using busy = await boot(await house.code(FILES), { wantStartupCache: true });
    for (let i = 0; i < 60; i += 1) await busy.json({});
    assert.ok(await eventually(() => busy.caches.length > 0, 60));
  });

  test('is ignored if it is broken', async () => {
    const root = await house.code(FILES);
    const cache = await cacheOf(root);
    for (const startupCache of [
      Buffer.from('x'),
      cache.subarray(0, -1),
      Buffer.alloc(100),
      Buffer.from(cache).fill(0x5a, 200, 400),
    ]) {
      await using booted = await boot(root, { startupCache });
      assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.logs));
      assert.equal(Reflect.get(Object(await booted.json({})), 0), 'A');
    }
  });

  test('does not change the error for code that cannot be loaded', async () => {
    for (const [source, type] of [
      ['def handler(:', 'Runtime.UserCodeSyntaxError'],
      ['raise OverflowError("at load")', 'OverflowError'],
    ] as const) {
      const root = await house.code({ 'index.py': source });
      await using plain = await boot(root);
      await using making = await boot(root, { wantStartupCache: true });
      assert.ok(plain.init.kind === 'error' && making.init.kind === 'error');
      assert.equal(making.init.errorType, type);
      assert.deepEqual(making.init.payload, plain.init.payload);
    }
  });
});
