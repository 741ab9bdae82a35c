import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { IS_BINARY } from './session.ts';

const run = promisify(execFile);

/** A clone with lam's set-up scripts and one dependency, whose `engines` exclude every Node. */
async function clone(t: TestContext): Promise<string> {
  const folder = realpathSync(mkdtempSync('/tmp/lam-set-up-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const engines = { node: '>=999' };
  const write = (name: string, content: object): void => writeFileSync(join(folder, name), JSON.stringify(content));
  mkdirSync(join(folder, 'package'));
  write('package/package.json', { name: 'strict', version: '1.0.0', engines });
  await run('tar', ['-czf', 'strict.tgz', 'package'], { cwd: folder });
  write('package.json', { private: true, name: 'clone', dependencies: { strict: 'file:strict.tgz' }, engines });
  await run('npm', ['install', '--package-lock-only', '--offline'], { cwd: folder });
  cpSync(join(import.meta.dirname, '../../scripts'), join(folder, 'scripts'), { recursive: true });
  return folder;
}

/** Sets the clone up with any Node; resolves with the exit code and all output. */
function setUp(folder: string): { readonly code: number | null; readonly output: string } {
  const script = "import('./scripts/setup.mjs').then((setup) => setup.ensureDependencies())";
  // A cache of its own, so that nothing comes from an earlier installation.
  const env = { ...process.env, npm_config_cache: join(folder, 'cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}

describe('npm start and npm test in a clean clone', { skip: IS_BINARY ? 'the binary needs no clone' : false }, () => {
  test('install without warnings of packages that want another Node, even where npm is strict about it', async (t) => {
    const folder = await clone(t);
    writeFileSync(join(folder, '.npmrc'), 'engine-strict=true\n');
    const { code, output } = setUp(folder);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /EBADENGINE|npm warn/i);
    assert.ok(existsSync(join(folder, 'node_modules/strict/package.json')));
  });

  test("print npm's errors and end with 1 when it fails", async (t) => {
    const folder = await clone(t);
    rmSync(join(folder, 'strict.tgz'));
    const { code, output } = setUp(folder);
    assert.equal(code, 1, output);
    assert.match(output, /npm error [^]*strict\.tgz[^]*npm ci failed with code/);
  });
});
