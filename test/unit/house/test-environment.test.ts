import assert from 'node:assert/strict';
import { test } from 'node:test';

interface TestEnvironment {
  readonly testEnvironment: (env: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

// By its address, because plain JavaScript has no types.
const path = new URL('../../../scripts/test-environment.mjs', import.meta.url).href;
const { testEnvironment } = (await import(path)) as TestEnvironment;

test("tests get their own settings, and neither the user's variables nor the file of totals", () => {
  const env = {
    PATH: '/bin',
    LAM_TEST_SEED: '1',
    LAM_TEST_TOTALS: '/totals.json',
    LAM_TEST_RERUN: '1',
    LAM_HOME: '/mine',
    EDITOR: 'vi',
  };
  assert.deepEqual(testEnvironment(env), { PATH: '/bin', LAM_TEST_SEED: '1' });
});
