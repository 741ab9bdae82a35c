import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { zipOf } from '../unit/store/support.ts';
import { unbuiltClone } from './clone-copy.ts';
import { localRegistry } from './local-registry.ts';
import { IS_BINARY, lamSession } from './session.ts';

const run = promisify(execFile);
const MINUTE = 60_000;
const CLONE = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

function temporaryFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync('/tmp/lam-package-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const EXAMPLE = /<!-- example: client -->\n\n```ts\n([^]*?)```/;

/**
 * Checks the types of the example in docs/client.md in a folder with the installed package, and runs it; returns its
 * lines.
 */
async function exampleOfClient(app: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const page = readFileSync(join(CLONE, 'docs/client.md'), 'utf8');
  const [, example = ''] = EXAMPLE.exec(page) ?? [];
  writeFileSync(join(app, 'package.json'), '{"name":"app","private":true,"type":"module"}');
  writeFileSync(join(app, 'client.ts'), example);
  const content =
    'exports.handler = async ({ name }) => (console.log(`greeted ${name}`), { greeting: `Hello ${name}!` });';
  writeFileSync(join(app, 'greet.zip'), zipOf([{ name: 'index.js', content }]));
  symlinkSync(join(CLONE, 'node_modules/@types'), join(app, 'node_modules/@types'));
  const settings = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
  await run(process.execPath, [join(CLONE, 'node_modules/typescript/bin/tsc'), ...settings, 'client.ts'], { cwd: app });
  const required = await run(process.execPath, ['-p', "typeof require('lam').LamClient"], { cwd: app });
  assert.equal(required.stdout, 'function\n');
  const { stdout } = await run(process.execPath, ['client.ts'], { cwd: app, env });
  return stdout.trimEnd().split('\n');
}

describe('a clone that is not built', { skip: IS_BINARY ? 'the binary needs no clone' : false }, () => {
  test('has a command that names the command which builds it', async (t) => {
    const clone = join(temporaryFolder(t), "o'clone");
    unbuiltClone(clone);
    const lam = join(clone, 'bin/lam');
    const refused = spawnSync(lam, ['--version'], { encoding: 'utf8' });
    assert.equal(refused.status, 1);
    const [, hint] = /^Error: lam is not built in .*\n {2}hint: build it: (.*)\n$/.exec(refused.stderr) ?? [];
    assert.ok(hint !== undefined, refused.stderr);
    await run('sh', ['-c', hint]);
    assert.match((await run(lam, ['--version'])).stdout, /^lam /);
  });

  test('is built by npm pack, and the installed package does the main job', { timeout: 2 * MINUTE }, async (t) => {
    const folder = temporaryFolder(t);
    const [clone, packed, prefix] = [join(folder, 'clone'), join(folder, 'packed'), join(folder, 'prefix')];
    unbuiltClone(clone);
    mkdirSync(packed);
    await run('npm', ['pack', '--pack-destination', packed], { cwd: clone });
    assert.deepEqual(readdirSync(packed), [`lam-${version}.tgz`]);

    await using registry = await localRegistry(folder);
    const flags = ['--prefix', prefix, '--registry', registry.url, '--cache', join(folder, 'cache')];
    await run('npm', ['install', '--global', ...flags, join(packed, `lam-${version}.tgz`)], { cwd: folder });
    const installed = readdirSync(join(prefix, 'lib/node_modules/lam/node_modules'));
    assert.deepEqual(
      installed.filter((name) => !name.startsWith('.')),
      ['@esbuild', 'esbuild'],
      'everything else is bundled',
    );

    await using s = await lamSession({ program: join(prefix, 'bin/lam') });
    assert.ok((await s.ok(['--version'])).stdout.includes(version));
    await s.ok(['init', 'hello', '--runtime', 'nodejs', '--template', 'typescript']);
    const cwd = join(s.cwd, 'hello');
    await s.ok(['deploy'], { cwd });
    const { stdout } = await s.ok(['invoke', '-d', '{"name":"Ada"}'], { cwd });
    assert.deepEqual(JSON.parse(stdout), { message: 'Hello Ada!' });

    const app = join(folder, 'app');
    mkdirSync(app);
    await run('npm', ['install', ...flags.slice(2), join(packed, `lam-${version}.tgz`)], { cwd: app });
    assert.deepEqual(await exampleOfClient(app, s.environment()), [
      'greet v1',
      "success { greeting: 'Hello Ada!' }",
      'LAM_REGISTRY_FUNCTION_NOT_FOUND',
      'greeted Ada',
    ]);
  });
});
