import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { NATIVE } from './driver-rig.ts';
import { BootstrapHouse, type BootedProcess } from './bootstrap-house.ts';

/** Returns what a function can see of its process. */
const NODE = `
const seen = () => ({
  cwd: process.cwd(), environment: process.env, argv: process.argv.slice(2), loaded: Object.keys(require.cache),
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  globals: Object.getOwnPropertyNames(globalThis).sort(), resources: process.getActiveResourcesInfo(),
});
const atLoad = seen();
exports.handler = async () => [atLoad, seen()];
`;
const PYTHON = `
import os, sys, threading
def seen():
    return {
        "cwd": os.getcwd(), "environment": dict(os.environ), "argv": sys.argv[1:], "path": sys.path, "modules": sorted(sys.modules),
        "threads": threading.active_count(), "finders": len(sys.meta_path), "bytecode": sys.dont_write_bytecode,
    }
AT_LOAD = seen()
def handler(event, context):
    return [AT_LOAD, seen()]
`;
const RUBY = `
def seen
  {
    cwd: Dir.pwd, environment: ENV.to_h, argv: ARGV, path: $LOAD_PATH, features: $LOADED_FEATURES, threads: Thread.list.size,
    constants: Object.constants.sort, globals: global_variables.sort,
  }
end
AT_LOAD = seen.transform_values { |value| value.dup }
def handler(event:, context:) = [AT_LOAD, seen]
`;
/** Files of the function, by runtime. */
const FILES = { nodejs: { 'index.js': NODE }, python3: { 'index.py': PYTHON }, ruby: { 'index.rb': RUBY } } as const;

describe('a bootstrap without a function yet', { concurrency: false }, () => {
  let house: BootstrapHouse;
  before(async () => {
    house = await BootstrapHouse.open();
  });
  after(() => house[Symbol.asyncDispose]());

  const boot = async (runtime: keyof typeof FILES, stemMs: number): Promise<BootedProcess> => {
    const files = FILES[runtime];
    return house.boot(runtime, {
      files,
      stemMs,
      taskRoot: await house.code(files, `waits-${runtime}`),
      environment: { MINE: '1' },
    });
  };

  for (const runtime of NATIVE) {
    test(`${runtime}: shows the function no trace of the wait`, async () => {
      await using waited = await boot(runtime, 400);
      await using prompt = await boot(runtime, 0);
      const [of, expected] = [await waited.json({}), await prompt.json({})].map(
        (seen, i) => JSON.parse(JSON.stringify(seen).replaceAll((i === 0 ? waited : prompt).tmp, 'TMP')) as unknown,
      );
      assert.deepEqual(of, expected);
      assert.match(JSON.stringify(of), /"MINE":"1"/);
      assert.deepEqual(await readdir(waited.tmp), []);
      assert.deepEqual(waited.logs, []);
    });

    test(`${runtime}: serves the function whenever it arrives`, async () => {
      const booted = await Promise.all([0, 5, 15, 18, 20, 21, 22, 24, 26, 30].map((stemMs) => boot(runtime, stemMs)));
      for (const one of booted) {
        await using each = one;
        assert.equal(each.init.kind, 'ready');
        const seen = JSON.stringify(await each.json({}));
        assert.match(seen, new RegExp(`"cwd":"[^"]*/waits-${runtime}"`));
      }
    });
  }
});
