import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { buildFunction, type BuiltArtifact } from '../../../src/build/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { temporaryFolder, workbench, writeTree } from './fixture.ts';

const hasBundler = spawnSync('bundle', ['--version']).status === 0;
const CONFIG = { runtime: 'ruby', handler: 'lambda_function.lambda_handler' };
const HANDLER = { 'lambda_function.rb': "require 'greeter'\n" };

function paths(built: BuiltArtifact): readonly string[] {
  return built.manifest.entries.map((entry) => entry.path);
}

/** A folder that serves one gem, so that Bundler needs no registry. */
async function gemServer(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const specification = `Gem::Specification.new do |s|
  s.name, s.version, s.summary, s.authors, s.files = 'greeter', '1.0.0', 'Greets.', ['A'], ['lib/greeter.rb']
end
`;
  await writeTree(folder, {
    'greeter.gemspec': specification,
    'lib/greeter.rb': "GREETING = 'hello from greeter'\n",
    'served/gems/.keep': '',
  });
  const run = promisify(execFile);
  await run('gem', ['build', 'greeter.gemspec', '-o', 'served/gems/greeter-1.0.0.gem'], { cwd: folder });
  await run('gem', ['generate_index', '-d', 'served'], { cwd: folder });
  return join(folder, 'served');
}

describe('gems', { skip: hasBundler ? false : 'no bundle on PATH', timeout: 120_000 }, () => {
  test('are installed once for equal Gemfiles, outside of the author\u2019s folder', async (t) => {
    const server = await gemServer(t);
    const bench = await workbench(t, { ...HANDLER, Gemfile: `source 'file://${server}'\ngem 'greeter'\n` });
    const built = await buildFunction(bench.fn(CONFIG), bench.context);
    const gem = paths(built).find((path) => path.endsWith('/gems/greeter-1.0.0/lib/greeter.rb'));
    assert.match(gem ?? '', /^vendor\/bundle\/ruby\/\d/);
    assert.ok(paths(built).includes('vendor/bundle/bundler/setup.rb'));
    assert.ok(!paths(built).some((path) => path.endsWith('.gem')), paths(built).join());
    assert.deepEqual((await readdir(bench.directory)).toSorted(), ['Gemfile', 'lambda_function.rb']);
    await rm(server, { recursive: true });
    assert.deepEqual(paths(await buildFunction(bench.fn(CONFIG), bench.context)), paths(built));
  });

  test('that the author installed below vendor/bundle are taken as they are', async (t) => {
    const own = 'vendor/bundle/ruby/3.1.0/gems/greeter-1.0.0/lib/greeter.rb';
    const bench = await workbench(t, { ...HANDLER, Gemfile: "source 'file:///nowhere'\ngem 'greeter'\n", [own]: '' });
    assert.deepEqual(paths(await buildFunction(bench.fn(CONFIG), bench.context)), [
      'Gemfile',
      'lambda_function.rb',
      own,
    ]);
  });

  test('that cannot be had fail the build with what Bundler printed', async (t) => {
    const bench = await workbench(t, { ...HANDLER, Gemfile: "source 'file:///nowhere'\ngem 'greeter'\n" });
    await assert.rejects(
      buildFunction(bench.fn(CONFIG), bench.context),
      (error) =>
        isLamError(error) && error.code === 'LAM_BUILD_FAILED' && /nowhere/.test(JSON.stringify(error.details)),
    );
    assert.deepEqual((await readdir(join(bench.workspace, 'bundler'))).length, 0);
  });
});
