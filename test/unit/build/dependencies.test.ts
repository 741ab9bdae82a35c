import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { buildFunction, inlineArtifact, writeZip, type BuiltArtifact } from '../../../src/build/index.ts';
import { isLamError } from '../../../src/errors/index.ts';
import { temporaryFolder, workbench, writeTree } from './fixture.ts';
import { asFunctionName } from '../../support/ids.ts';

function paths(built: BuiltArtifact): readonly string[] {
  return built.manifest.entries.map((entry) => entry.path);
}

/** A package.json with a name, a version and the given members. */
function json(members: object): string {
  return JSON.stringify({ name: 'some-package', version: '1.0.0', ...members });
}

/** An npm package as a tarball, so that npm needs no registry. */
async function npmTarball(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeTree(folder, {
    'package/package.json': json({ name: 'greeter' }),
    'package/index.js': "module.exports = 'hello from greeter';\n",
  });
  const file = join(folder, 'greeter.tgz');
  await promisify(execFile)('tar', ['-czf', file, '-C', folder, 'package']);
  return file;
}

/** A folder with one Python wheel, so that pip needs no index. */
async function wheelhouse(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const info = 'greeter-1.0.dist-info';
  await writeTree(folder, {
    'greeter.py': "TEXT = 'hello from greeter'\n",
    METADATA: 'Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n',
    WHEEL: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    RECORD: `greeter.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  });
  const item = (path: string, name: string): { path: string; source: string; executable: boolean } => ({
    path,
    source: join(folder, name),
    executable: false,
  });
  await writeZip(createWriteStream(join(folder, 'greeter-1.0-py3-none-any.whl')), [
    item('greeter.py', 'greeter.py'),
    ...['METADATA', 'RECORD', 'WHEEL'].map((name) => item(`${info}/${name}`, name)),
  ]);
  return folder;
}

describe('npm dependencies that are installed', () => {
  const TREE = {
    'index.mjs': 'export {}',
    'package.json': json({
      dependencies: { a: '1', '@s/b': '1' },
      devDependencies: { dev: '1' },
      optionalDependencies: { absent: '1' },
    }),
    'node_modules/a/package.json': json({ dependencies: { deep: '1', shared: '2' } }),
    'node_modules/a/node_modules/shared/package.json': json({}),
    'node_modules/@s/b/package.json': json({ peerDependencies: { peer: '1' } }),
    'node_modules/@s/b/lib/x.js': 'x',
    'node_modules/deep/package.json': json({}),
    'node_modules/peer/package.json': json({}),
    'node_modules/shared/package.json': json({}),
    'node_modules/dev/package.json': json({}),
    'node_modules/.bin/dev': { link: '../dev/package.json' },
    'node_modules/.package-lock.json': '{}',
  };

  test('are packaged as installed, without development dependencies', async (t) => {
    const bench = await workbench(t, TREE);
    assert.deepEqual(paths(await buildFunction(bench.fn(), bench.context)), [
      'index.mjs',
      'node_modules/@s/b/lib/x.js',
      'node_modules/@s/b/package.json',
      'node_modules/a/node_modules/shared/package.json',
      'node_modules/a/package.json',
      'node_modules/deep/package.json',
      'node_modules/peer/package.json',
      'package.json',
    ]);
  });

  test("are packaged whole with 'dependencies: none'", async (t) => {
    const bench = await workbench(t, TREE);
    assert.ok(
      paths(await buildFunction(bench.fn({}, { dependencies: 'none' }), bench.context)).includes(
        'node_modules/dev/package.json',
      ),
    );
  });

  test('are left out when package.json declares none for production', async (t) => {
    const bench = await workbench(t, { ...TREE, 'package.json': json({ devDependencies: { dev: '1' } }) });
    assert.deepEqual(paths(await buildFunction(bench.fn(), bench.context)), ['index.mjs', 'package.json']);
  });

  test('keep pnpm\u2019s links, without development dependencies', async (t) => {
    const bench = await workbench(t, {
      'index.mjs': 'export {}',
      'package.json': json({ dependencies: { a: '1' }, devDependencies: { dev: '1' } }),
      'node_modules/a': { link: '.pnpm/a@1/node_modules/a' },
      'node_modules/dev': { link: '.pnpm/dev@1/node_modules/dev' },
      'node_modules/.pnpm/a@1/node_modules/a/package.json': json({ dependencies: { b: '1' } }),
      'node_modules/.pnpm/a@1/node_modules/b': { link: '../../b@1/node_modules/b' },
      'node_modules/.pnpm/b@1/node_modules/b/package.json': json({}),
      'node_modules/.pnpm/dev@1/node_modules/dev/package.json': json({}),
      'node_modules/.pnpm/lock.yaml': 'x',
    });
    assert.deepEqual(paths(await buildFunction(bench.fn(), bench.context)), [
      'index.mjs',
      'node_modules/.pnpm/a@1/node_modules/a/package.json',
      'node_modules/.pnpm/a@1/node_modules/b',
      'node_modules/.pnpm/b@1/node_modules/b/package.json',
      'node_modules/a',
      'package.json',
    ]);
  });
});

describe('npm dependencies that are not installed', { timeout: 120_000 }, () => {
  test("are installed outside the author's folder, once", async (t) => {
    const tarball = await npmTarball(t);
    const bench = await workbench(t, {
      'index.mjs': "import text from 'greeter';\nexport const handler = () => text;\n",
      'package.json': json({ dependencies: { greeter: `file:${tarball}` } }),
    });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(paths(built), [
      'index.mjs',
      'node_modules/greeter/index.js',
      'node_modules/greeter/package.json',
      'package.json',
    ]);
    assert.deepEqual((await readdir(bench.directory)).toSorted(), ['index.mjs', 'package.json']);
    bench.logged.length = 0;
    const again = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(again.manifest, built.manifest);
    assert.deepEqual(bench.logged, []);
  });

  test('are bundled without paths of the installation folder', async (t) => {
    const tarball = await npmTarball(t);
    const bench = await workbench(t, {
      'index.ts': "import text from 'greeter';\nexport const handler = (): string => text;\n",
      'package.json': json({ dependencies: { greeter: `file:${tarball}` } }),
    });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(paths(built), ['index.mjs', 'index.mjs.map']);
    for (const file of built.files.values()) {
      const text = await readFile(file, 'utf8');
      assert.ok(!text.includes('workspace'), text);
    }
  });

  test('that npm refuses fail the build with npm\u2019s message, and leave no partial folder', async (t) => {
    const bench = await workbench(t, {
      'index.mjs': 'export {}',
      'package.json': json({ dependencies: { greeter: 'file:/nowhere/greeter.tgz' } }),
    });
    await assert.rejects(buildFunction(bench.fn(), bench.context), (error) => {
      assert.ok(isLamError(error) && error.code === 'LAM_BUILD_FAILED', String(error));
      assert.match(error.message, /'npm install --omit=dev[^']*' exited with code \d+[\s\S]*nowhere/);
      return true;
    });
    assert.deepEqual(await readdir(join(bench.workspace, 'npm')), []);
  });

  test('are reported without npm', async (t) => {
    const bench = await workbench(t, {
      'index.mjs': 'export {}',
      'package.json': json({ dependencies: { greeter: '1' } }),
    });
    const before = process.env['PATH'];
    process.env['PATH'] = bench.workspace;
    try {
      await assert.rejects(
        buildFunction(bench.fn(), bench.context),
        (error) => isLamError(error) && error.code === 'LAM_BUILD_TOOL_MISSING' && error.exitCode === 7,
      );
    } finally {
      process.env['PATH'] = before;
    }
  });
});

describe('pip dependencies', { timeout: 120_000 }, () => {
  const HANDLER = {
    'lambda_function.py': 'import greeter\ndef lambda_handler(event, context):\n    return greeter.TEXT\n',
  };
  const CONFIG = { runtime: 'python3', handler: 'lambda_function.lambda_handler' };

  test('are installed once per requirements and packaged below the function\u2019s own files', async (t) => {
    const wheels = await wheelhouse(t);
    const bench = await workbench(t, {
      ...HANDLER,
      'requirements.txt': `--no-index\n--find-links ${wheels}\ngreeter==1.0 # a comment\n`,
    });
    const built = await buildFunction(bench.fn(CONFIG), bench.context);
    assert.ok(paths(built).includes('greeter.py'), paths(built).join());
    assert.ok(!paths(built).some((path) => path.includes('__pycache__')));
    await rm(wheels, { recursive: true });
    await writeFile(join(bench.directory, 'greeter.py'), "TEXT = 'mine'\n");
    const again = await buildFunction(bench.fn(CONFIG), bench.context);
    assert.equal(again.files.get('greeter.py'), join(bench.directory, 'greeter.py'));
    await again.dispose();
    assert.deepEqual(await readdir(join(bench.workspace, 'pip')).then((names) => names.length), 1);
  });

  test('from a local path are installed for one build only', async (t) => {
    const wheels = await wheelhouse(t);
    const bench = await workbench(t, { ...HANDLER, 'requirements.txt': `${wheels}/greeter-1.0-py3-none-any.whl\n` });
    const built = await buildFunction(bench.fn(CONFIG), bench.context);
    assert.ok(paths(built).includes('greeter.py'));
    await built.dispose();
    assert.deepEqual(await readdir(bench.workspace), []);
  });

  test('are not installed when requirements.txt contains only comments', async (t) => {
    const bench = await workbench(t, { 'lambda_function.py': '', 'requirements.txt': '# nothing yet\n\n' });
    assert.deepEqual(paths(await buildFunction(bench.fn(CONFIG), bench.context)), [
      'lambda_function.py',
      'requirements.txt',
    ]);
  });
});

describe('inlineArtifact', () => {
  for (const [runtime, code, file, handler] of [
    ['nodejs', 'export const handler = async () => 1', 'index.mjs', 'index.handler'],
    ['nodejs', "import { x } from 'x'; export { x as handler }", 'index.mjs', 'index.handler'],
    ['nodejs', 'exports.handler = async () => 1', 'index.cjs', 'index.handler'],
    ['nodejs', "exports.handler = async () => (await import('node:os')).type()", 'index.cjs', 'index.handler'],
    [
      'python3',
      'def lambda_handler(event, context):\n  return 1',
      'lambda_function.py',
      'lambda_function.lambda_handler',
    ],
    ['python3.11', 'def handler(event, context):\n  return 1', 'lambda_function.py', 'lambda_function.handler'],
    ['provided', '#!/bin/sh\nexit 1', 'bootstrap', 'bootstrap'],
  ] as const) {
    test(`makes ${file} of ${JSON.stringify(code)}`, async (t) => {
      const workspace = join(await temporaryFolder(t), 'workspace');
      const built = await inlineArtifact(code, { functionName: asFunctionName('hello'), runtime }, { workspace });
      const [entry] = built.manifest.entries;
      assert.equal(built.handler, handler);
      assert.equal(await readFile(built.files.get(file) ?? '', 'utf8'), `${code}\n`);
      assert.ok(entry?.kind === 'file' && entry.path === file);
      assert.equal(entry.size, code.length + 1);
      assert.equal(entry.executable, file === 'bootstrap');
      await built.dispose();
      assert.deepEqual(await readdir(workspace), []);
    });
  }
});
