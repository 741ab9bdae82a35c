import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BootstrapHouse } from './bootstrap-house.ts';

const SOURCES = join(import.meta.dirname, '../../src/bootstraps/python3');
const isModule = (file: string): boolean => file.endsWith('.py');
const moduleOf = (file: string): string => file.slice(0, -'.py'.length);

/** Imports each module that the event names and reports the result; raises if the event requests it. */
const IMPORTER = `
import sys
def handler(event, context):
    if event.get("raise"):
        raise ValueError("mine")
    found = {}
    for name in event["names"]:
        try:
            found[name] = getattr(__import__(name), "OWNER", "somebody else")
        except ImportError:
            found[name] = "nobody"
    return {"found": found, "path": sys.path}
`;

describe('the modules of the Python bootstrap', { concurrency: false }, () => {
  let house: BootstrapHouse;
  let names: readonly string[];
  before(async () => {
    house = await BootstrapHouse.open();
    names = (await readdir(SOURCES)).filter(isModule).map(moduleOf);
    assert.ok(names.length > 5, names.join());
  });
  after(() => house[Symbol.asyncDispose]());

  test('do not shadow modules of the function, also when it runs many at once and raises', async () => {
    const own = Object.fromEntries(names.map((name) => [`${name}.py`, "OWNER = 'the function'\n"]));
    for (const concurrency of [1, 2]) {
      await using booted = await house.boot('python3', { files: { ...own, 'index.py': IMPORTER }, concurrency });
      const { found } = (await booted.json({ names })) as { found: Record<string, string> };
      assert.deepEqual(found, Object.fromEntries(names.map((name) => [name, 'the function'])));
      const failed = await booted.invoke({ raise: true });
      assert.equal(failed.kind, 'error', JSON.stringify(failed));
    }
  });

  test('cannot be imported by a function, and are not on its path', async () => {
    await using booted = await house.boot('python3', { files: { 'index.py': IMPORTER } });
    const { found, path } = (await booted.json({ names })) as { found: Record<string, string>; path: string[] };
    assert.deepEqual(found, Object.fromEntries(names.map((name) => [name, 'nobody'])));
    assert.deepEqual(
      path.filter((folder) => folder.includes('bootstrap')),
      [],
    );
  });

  test('leave their frames out of the stack of an error', async () => {
    await using booted = await house.boot('python3', { files: { 'index.py': IMPORTER } });
    const failed = await booted.invoke({ raise: true });
    const document = 'payload' in failed ? Buffer.from(failed.payload).toString() : '';
    const { stackTrace } = JSON.parse(document) as { stackTrace: string[] };
    assert.equal(stackTrace.length, 1, document);
    assert.match(stackTrace[0] ?? '', /index\.py", line 5, in handler/);
  });

  test('write no byte code, neither their own nor of the function', async () => {
    const taskRoot = await house.code({ 'index.py': IMPORTER, 'other.py': '' });
    await using booted = await house.boot('python3', { files: {}, taskRoot });
    await booted.json({ names: ['other'] });
    assert.ok(!(await readdir(join(house.assets, 'bootstrap-python3'))).includes('__pycache__'));
    assert.deepEqual((await readdir(taskRoot)).toSorted(), ['index.py', 'other.py']);
  });
});
