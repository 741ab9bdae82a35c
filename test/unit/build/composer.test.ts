import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { buildFunction, type BuiltArtifact } from '../../../src/build/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { temporaryFolder, workbench, writeTree } from './fixture.ts';

const hasComposer = spawnSync('composer', ['--version']).status === 0;
const CONFIG = { runtime: 'php', handler: 'index.handler' };
const HANDLER = { 'index.php': '<?php\nfunction handler() { return Greeter\\TEXT; }\n' };

function paths(built: BuiltArtifact): readonly string[] {
  return built.manifest.entries.map((entry) => entry.path);
}

/** A composer.json that requires `packages`, which are looked for in `folder` alone. */
function composerJson(folder: string, packages: Readonly<Record<string, string>>): string {
  const repositories = [{ type: 'path', url: folder, options: { symlink: false } }, { 'packagist.org': false }];
  return JSON.stringify({ repositories, require: packages });
}

/** A folder with one package. */
async function greeter(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeTree(folder, {
    'composer.json': JSON.stringify({ name: 'some/greeter', version: '1.0.0', autoload: { files: ['text.php'] } }),
    'text.php': "<?php\nnamespace Greeter;\nconst TEXT = 'hello from greeter';\n",
  });
  return folder;
}

describe('packages of Composer', { skip: hasComposer ? false : 'no composer on PATH', timeout: 120_000 }, () => {
  test('are installed once for equal files, outside of the author\u2019s folder', async (t) => {
    const folder = await greeter(t);
    const composer = composerJson(folder, { 'some/greeter': '1.0.0' });
    const bench = await workbench(t, { ...HANDLER, 'composer.json': composer });
    const built = await buildFunction(bench.fn(CONFIG), bench.context);
    for (const path of ['vendor/autoload.php', 'vendor/some/greeter/text.php'])
      assert.ok(paths(built).includes(path), paths(built).join());
    assert.deepEqual((await readdir(bench.directory)).toSorted(), ['composer.json', 'index.php']);
    assert.deepEqual(paths(await buildFunction(bench.fn(CONFIG), bench.context)), paths(built));
    assert.equal((await readdir(join(bench.workspace, 'composer'))).length, 1);
  });

  test('that the author installed are taken as they are', async (t) => {
    const composer = composerJson('/nowhere', { 'some/greeter': '1.0.0' });
    const own = { 'vendor/autoload.php': '<?php\n', 'vendor/some/greeter/text.php': '<?php\n' };
    const bench = await workbench(t, { ...HANDLER, ...own, 'composer.json': composer });
    assert.deepEqual(paths(await buildFunction(bench.fn(CONFIG), bench.context)), [
      'composer.json',
      'index.php',
      ...Object.keys(own),
    ]);
  });

  test('that cannot be had fail the build with what Composer printed', async (t) => {
    const bench = await workbench(t, { ...HANDLER, 'composer.json': composerJson('/nowhere', { 'some/absent': '*' }) });
    await assert.rejects(
      buildFunction(bench.fn(CONFIG), bench.context),
      (error) => isLamError(error) && error.code === 'LAM_BUILD_FAILED' && /nowhere|absent/.test(error.message),
    );
    assert.equal((await readdir(join(bench.workspace, 'composer'))).length, 0);
  });
});
