import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diskUse, manifestOf, testHome, uploadOf } from '../unit/store/support.ts';

describe('unpacked files', () => {
  test('are stored once for many versions that differ in one file', async (t) => {
    const home = await testHome();
    t.after(() => home.remove());
    const big = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`node_modules/p${n % 6}/f${n}.js`, Buffer.alloc(8192, n)]),
    );
    const deploy = async (n: number): Promise<void> => {
      const files = { ...big, 'index.js': `version ${n}` };
      const manifest = manifestOf(files);
      const { missing } = await home.artifacts.plan(manifest);
      assert.equal(missing.length, n === 0 ? 61 : 1);
      await home.artifacts.ingest(manifest, { bytes: uploadOf(files, missing) });
    };
    await deploy(0);
    const one = await diskUse(home.paths.home);
    for (let n = 1; n < 100; n++) await deploy(n);
    const hundred = await diskUse(home.paths.home);
    // Each further version may take its own file and its manifest, not the 480 KiB of the rest.
    const perVersion = (hundred - one) / 99;
    assert.ok(perVersion < 30_000, `${perVersion} bytes per version`);
  });
});
