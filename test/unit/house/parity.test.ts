import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAMILIES, parseRuntime } from '../../../src/runtimes/index.ts';
import { PARITY_RUNTIMES } from '../../parity/runtimes/list.ts';

const PARITY = join(import.meta.dirname, '../../parity');
const FIXTURES = join(import.meta.dirname, '../../fixtures/parity');
const names = PARITY_RUNTIMES.map(({ name }) => name).toSorted();

test('each runtime of the table of parity is tested, and only those', () => {
  const tested = readdirSync(PARITY)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => {
      const [, called = '', from = ''] =
        /import \{ (\w+) \} from '\.\/runtimes\/([\w-]+)\.ts';/.exec(readFileSync(join(PARITY, file), 'utf8')) ?? [];
      assert.equal(from, file.replace('.test.ts', ''), `${file} runs '${called}' of runtimes/${from}.ts`);
      return from;
    });
  assert.deepEqual(tested.toSorted(), names);
});

test('each runtime of the table of parity has a fixture', () => {
  assert.deepEqual(readdirSync(FIXTURES).toSorted(), names);
});

test('each family of runtimes is in the table of parity, by its own fixture or by one that is run in the same way', () => {
  // Jars of other languages are built and run as those of Java.
  const alike: Readonly<Record<string, string>> = { scala: 'java', kotlin: 'java' };
  const shown = new Set(PARITY_RUNTIMES.map(({ settings }) => parseRuntime(settings.runtime)?.family));
  assert.deepEqual(
    FAMILIES.filter((family) => !shown.has(family) && !PARITY_RUNTIMES.some(({ name }) => name === alike[family])),
    [],
  );
});
