import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { buildFunction, type BuiltArtifact } from '../../../src/build/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { workbench } from './fixture.ts';

const CONFIG = { runtime: 'deno', handler: 'index.handler' };
const FILES = {
  'index.ts': "import { VALUE } from '@/value.ts';\nexport const handler = () => VALUE;\n",
  'lib/value.ts': "export const VALUE: string = 'mapped';\n",
};
/** Deno downloads its bundler when it is first used. */
function hasBundler(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'lam-deno-'));
  try {
    writeFileSync(join(folder, 'a.ts'), '');
    return spawnSync('deno', ['bundle', '--quiet', '--no-lock', '--output=a.js', 'a.ts'], { cwd: folder }).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const skip = hasBundler() ? false : 'no deno on PATH, or no bundler in its reach';

function paths(built: BuiltArtifact): readonly string[] {
  return built.manifest.entries.map((entry) => entry.path);
}

describe('a function on Deno', { skip, timeout: 120_000 }, () => {
  test('is packaged as the author wrote it', async (t) => {
    const bench = await workbench(t, { ...FILES, 'deno.json': '{"fmt":{}}' });
    assert.deepEqual(paths(await buildFunction(bench.fn(CONFIG), bench.context)), [
      'deno.json',
      'index.ts',
      'lib/value.ts',
    ]);
  });

  test('with mapped imports becomes one file, which names no path of this machine', async (t) => {
    const bench = await workbench(t, { ...FILES, 'deno.json': '{"imports":{"@/":"./lib/"}}' });
    const built = await buildFunction(bench.fn(CONFIG), bench.context);
    assert.deepEqual(paths(built), ['index.mjs', 'index.mjs.map']);
    const [code, map] = await Promise.all(
      ['index.mjs', 'index.mjs.map'].map((name) => readFile(built.files.get(name) ?? '', 'utf8')),
    );
    assert.match(code ?? '', /"mapped"/);
    assert.deepEqual((JSON.parse(map ?? '') as { sources: unknown }).sources, ['lib/value.ts', 'index.ts']);
    for (const text of [code, map]) assert.doesNotMatch(text ?? '', /\.\.\//);
    await built.dispose();
    assert.deepEqual(await readdir(bench.workspace), []);
  });

  test('whose imports cannot be found fails the build and leaves nothing', async (t) => {
    const bench = await workbench(t, { 'index.ts': FILES['index.ts'], 'deno.json': '{"imports":{"@/":"./lib/"}}' });
    await assert.rejects(
      buildFunction(bench.fn(CONFIG), bench.context),
      (error) =>
        isLamError(error) && error.code === 'LAM_BUILD_FAILED' && /value\.ts/.test(JSON.stringify(error.details)),
    );
    assert.deepEqual(await readdir(bench.workspace), []);
  });
});
