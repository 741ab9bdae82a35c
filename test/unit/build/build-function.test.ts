import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { buildFunction, type BuiltArtifact } from '../../../src/build/index.ts';
import { artifactDigest, LIMITS } from '../../../src/contract/index.ts';
import { isLamError, type ErrorCode } from '../../../src/errors/index.ts';
import type { ProjectFunction } from '../../../src/project/index.ts';
import { workbench, writeTree } from './fixture.ts';

const HANDLER = 'export const handler = async () => 1;\n';

function paths(built: BuiltArtifact): readonly string[] {
  return built.manifest.entries.map((entry) => entry.path);
}

function fails(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isLamError(error), String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

describe('the package', () => {
  test('is every file of the folder, sorted, with digest, size and executable bit', async (t) => {
    const bench = await workbench(t, {
      'index.mjs': HANDLER,
      'lib/b.mjs': 'b',
      'lib/a.mjs': 'a',
      'run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
    });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(paths(built), ['index.mjs', 'lib/a.mjs', 'lib/b.mjs', 'run.sh']);
    assert.deepEqual(built.manifest.entries[1], {
      path: 'lib/a.mjs',
      kind: 'file',
      digest: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
      size: 1,
      executable: false,
    });
    assert.equal(built.manifest.entries[3]?.kind === 'file' && built.manifest.entries[3].executable, true);
    assert.equal(built.files.get('lib/a.mjs'), join(bench.directory, 'lib/a.mjs'));
    assert.deepEqual(built.notices, []);
  });

  test('has the same digest for the same files anywhere and at any time', async (t) => {
    const tree = { 'index.mjs': HANDLER, 'data/x.json': '{}', link: { link: 'data/x.json' } };
    const [one, two] = [await workbench(t, tree), await workbench(t, tree)];
    await utimes(join(two.directory, 'index.mjs'), 1, 1);
    const digests = await Promise.all(
      [one, two].map(async (bench) => artifactDigest((await buildFunction(bench.fn(), bench.context)).manifest)),
    );
    assert.equal(digests[0], digests[1]);
  });

  test("excludes files by lam's own list and .lamignore, and re-includes negated ones", async (t) => {
    const bench = await workbench(t, {
      'index.mjs': HANDLER,
      'lam.yaml': 'name: hello',
      'sub/lam.yaml': 'kept',
      '.env': 'SECRET=1',
      '.env.example': 'x',
      '.git/config': 'x',
      '__pycache__/a.pyc': 'x',
      'events/example.json': '{}',
      'notes.md': 'x',
      'docs/a.md': 'x',
      'docs/keep.md': 'x',
      '.lamignore': '*.md\n!docs/keep.md\n!.env.example\n',
    });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(paths(built), [
      '.env.example',
      'docs/keep.md',
      'events/example.json',
      'index.mjs',
      'sub/lam.yaml',
    ]);
  });

  test('does not contain the folders of other functions, except what the author re-includes', async (t) => {
    const bench = await workbench(t, {
      'a/index.mjs': HANDLER,
      'b/index.mjs': HANDLER,
      'b/types.mjs': 'export {};',
      'c [1]/index.mjs': HANDLER,
      'lib/b/kept.mjs': 'export {};',
    });
    const alone = ['b', 'c [1]'].map((folder) => join(bench.directory, folder));
    const pathsOf = async (fn: ProjectFunction): Promise<readonly string[]> => {
      const built = await buildFunction(fn, bench.context);
      await built.dispose();
      return paths(built);
    };
    const fn = bench.fn({ handler: 'a/index.handler' });
    assert.deepEqual(await pathsOf({ ...fn, othersFolders: alone }), ['a/index.mjs', 'lib/b/kept.mjs']);
    const including = bench.fn({ handler: 'a/index.handler' }, { include: ['/b/types.mjs'] });
    assert.deepEqual(await pathsOf({ ...including, othersFolders: alone }), [
      'a/index.mjs',
      'b/types.mjs',
      'lib/b/kept.mjs',
    ]);
    await writeTree(bench.directory, { '.lamignore': '!/b\n' });
    assert.ok((await pathsOf({ ...fn, othersFolders: alone })).includes('b/index.mjs'));
  });

  test('contains what build.include re-includes', async (t) => {
    const bench = await workbench(t, {
      'index.mjs': HANDLER,
      'dist/a/b.txt': 'x',
      'dist/c.txt': 'x',
      '.lamignore': 'dist\n',
    });
    const built = await buildFunction(bench.fn({}, { include: ['dist/a/**'] }), bench.context);
    assert.deepEqual(paths(built), ['dist/a/b.txt', 'index.mjs']);
  });

  test('contains what triggers need, also if it is bundled, but nothing that is left out', async (t) => {
    const files = {
      'index.mjs': HANDLER,
      'a/web/x.js': '1',
      'a/web/.env': 'S=1',
      'a/web/skip.txt': 'x',
      'a/more.txt': 'x',
    };
    const bench = await workbench(t, { ...files, 'other.txt': 'x', '.lamignore': 'skip.txt\n' });
    for (const place of ['a/web', './a/web/'])
      assert.deepEqual(paths(await buildFunction(bench.fn({}, { bundle: true, needed: [place] }), bench.context)), [
        'a/web/x.js',
        'index.mjs',
        'index.mjs.map',
      ]);
  });

  test('keeps links that stay inside, also absolute ones, as relative links', async (t) => {
    const bench = await workbench(t, {
      'index.mjs': HANDLER,
      'deep/real.txt': 'x',
      'deep/up': { link: '../index.mjs' },
      dangling: { link: 'nowhere' },
    });
    await writeTree(bench.directory, { 'deep/absolute': { link: join(bench.directory, 'deep/real.txt') } });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(
      built.manifest.entries.flatMap((entry) => (entry.kind === 'symlink' ? [[entry.path, entry.target]] : [])),
      [
        ['dangling', 'nowhere'],
        ['deep/absolute', 'real.txt'],
        ['deep/up', '../index.mjs'],
      ],
    );
  });

  for (const [title, tree] of [
    ['upwards', { 'a/escape': { link: '../../outside' } }],
    ['to an absolute place', { escape: { link: '/etc/passwd' } }],
    ['through another link', { 'a/b/top': { link: '../..' }, escape: { link: 'a/b/top/../x' } }],
    ['in a circle', { escape: { link: 'other' }, other: { link: 'escape' } }],
  ] as const) {
    test(`is refused when a link leads out ${title}`, async (t) => {
      const bench = await workbench(t, { 'index.mjs': HANDLER, ...tree });
      await assert.rejects(
        buildFunction(bench.fn(), bench.context),
        fails('LAM_BUILD_SYMLINK_ESCAPES', /'(?:a\/)?(?:escape|other)'/),
      );
    });
  }

  test('leaves out a pipe with a notice', async (t) => {
    const bench = await workbench(t, { 'index.mjs': HANDLER });
    await promisify(execFile)('mkfifo', [join(bench.directory, 'pipe')]);
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(paths(built), ['index.mjs']);
    assert.match(built.notices.join('\n'), /'pipe' is neither a file nor a link/);
  });

  test('is refused when a name contains a backslash', async (t) => {
    const bench = await workbench(t, { 'index.mjs': HANDLER, 'a\\b': 'x' });
    await assert.rejects(buildFunction(bench.fn(), bench.context), fails('LAM_BUILD_PATH_INVALID', /backslash/));
  });

  test('is refused over the limits of an artifact', async (t) => {
    const bench = await workbench(t, { 'index.mjs': HANDLER, 'data.bin': '' });
    // A file of holes: it takes no room on the disk, and is refused by its size before it is read.
    await truncate(join(bench.directory, 'data.bin'), LIMITS.unpackedBytes);
    await assert.rejects(
      buildFunction(bench.fn(), bench.context),
      fails('LAM_BUILD_TOO_LARGE', /1025 MiB; the limit is 1024 MiB/),
    );
  });

  test('is refused for an empty or missing folder', async (t) => {
    const bench = await workbench(t, { 'lam.yaml': 'name: hello' });
    await assert.rejects(buildFunction(bench.fn(), bench.context), fails('LAM_BUILD_EMPTY', /no file to package/));
    const gone = { ...bench.fn(), directory: join(bench.directory, 'gone') };
    await assert.rejects(buildFunction(gone, bench.context), fails('LAM_BUILD_UNREADABLE', /gone/));
  });
});

describe('the handler', () => {
  test('may be missing: the build continues with a notice', async (t) => {
    const bench = await workbench(t, { 'other.mjs': HANDLER });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.match(
      built.notices.join('\n'),
      /'index.handler' has no file in the package; looked for index, index.js, index.mjs/,
    );
  });

  test('may be in a layer', async (t) => {
    const bench = await workbench(t, { 'other.mjs': HANDLER });
    const layered = { ...bench.fn(), layers: [{ path: bench.directory }] } as never;
    assert.deepEqual((await buildFunction(layered, bench.context)).notices, []);
  });

  test('of python3 is found as a module and as a package', async (t) => {
    const bench = await workbench(t, { 'app/main.py': '', 'pkg/__init__.py': '' });
    for (const handler of ['app.main.run', 'app/main.run', 'pkg.run']) {
      assert.deepEqual(
        (await buildFunction(bench.fn({ runtime: 'python3', handler }), bench.context)).notices,
        [],
        handler,
      );
    }
  });

  test('of provided that is not executable causes a notice', async (t) => {
    const bench = await workbench(t, { bootstrap: '#!/bin/sh\n' });
    const built = await buildFunction(bench.fn({ runtime: 'provided', handler: 'bootstrap' }), bench.context);
    assert.match(built.notices.join('\n'), /chmod \+x bootstrap/);
  });

  test('of stdio that is a program of the system causes no notice, one that is missing does', async (t) => {
    const bench = await workbench(t, { 'data.json': '{}' });
    const notices = async (handler: string): Promise<readonly string[]> =>
      (await buildFunction(bench.fn({ runtime: 'stdio', handler }), bench.context)).notices;
    assert.deepEqual(await notices('/usr/bin/env cat'), []);
    assert.deepEqual(await notices('./report --all'), [
      "the handler './report --all' has no file in the package; looked for report",
    ]);
  });
});

describe('the build command', () => {
  test("runs in the function's folder before it is packaged, and its lines are logged", async (t) => {
    const bench = await workbench(t, { 'index.mjs': HANDLER });
    const built = await buildFunction(
      bench.fn({}, { command: 'echo one; echo two >&2; pwd > where.txt' }),
      bench.context,
    );
    assert.deepEqual(bench.logged.toSorted(), ['one', 'two']);
    assert.ok(paths(built).includes('where.txt'));
    assert.equal((await readFile(join(bench.directory, 'where.txt'), 'utf8')).trim(), bench.directory);
  });

  test('that fails ends the build with its last lines and exit code', async (t) => {
    const bench = await workbench(t, { 'index.mjs': HANDLER });
    const command = 'seq 1 3000; echo broken here >&2; exit 3';
    await assert.rejects(buildFunction(bench.fn({}, { command }), bench.context), (error) => {
      assert.ok(fails('LAM_BUILD_FAILED', /exited with code 3[\s\S]*broken here/)(error));
      assert.ok(isLamError(error) && error.exitCode === 8);
      assert.equal((error.details['output'] as readonly string[]).length, 20);
      return true;
    });
  });

  test('is ended when the caller cancels', { timeout: 20_000 }, async (t) => {
    const bench = await workbench(t, { 'index.mjs': HANDLER });
    const controller = new AbortController();
    const log = (): void => controller.abort();
    const context = { ...bench.context, log, signal: controller.signal };
    await assert.rejects(
      buildFunction(bench.fn({}, { command: 'echo up; exec sleep 60' }), context),
      fails('LAM_BUILD_CANCELLED', /cancelled/),
    );
  });
});

describe('TypeScript', () => {
  const TREE = {
    'src/index.ts':
      "import { greet } from './greet.ts';\nexport const handler = async (event: { name: string }): Promise<string> => greet(event.name);\n",
    'src/greet.ts': 'export const greet = (name: string): string => `Hello ${name}`;\n',
    'data.json': '{}',
  };

  test('is bundled into one module with a source map and without paths of the machine', async (t) => {
    const bench = await workbench(t, TREE);
    const built = await buildFunction(
      bench.fn({ handler: 'src/index.handler' }, { include: ['data.json'] }),
      bench.context,
    );
    assert.deepEqual(paths(built), ['data.json', 'src/index.mjs', 'src/index.mjs.map']);
    const map = JSON.parse(await readFile(built.files.get('src/index.mjs.map') ?? '', 'utf8')) as {
      sources: string[];
      sourcesContent?: string[];
    };
    // Relative to the map, and without the sources themselves.
    assert.deepEqual([map.sources, map.sourcesContent], [['greet.ts', 'index.ts'], undefined]);
    const module = (await import(built.files.get('src/index.mjs') ?? '')) as {
      handler: (event: object) => Promise<string>;
    };
    assert.equal(await module.handler({ name: 'Ada' }), 'Hello Ada');
    await built.dispose();
    assert.deepEqual(await readdir(bench.workspace), []);
  });

  test('gives the same artifact in another folder', async (t) => {
    const benches = [await workbench(t, TREE), await workbench(t, TREE)];
    const digests = await Promise.all(
      benches.map(async (bench) =>
        artifactDigest((await buildFunction(bench.fn({ handler: 'src/index.handler' }), bench.context)).manifest),
      ),
    );
    assert.equal(digests[0], digests[1]);
  });

  test('with a syntax error fails the build with its position, and leaves nothing in the workspace', async (t) => {
    const bench = await workbench(t, { 'index.ts': 'export const handler = (: number) => 1;\n' });
    await assert.rejects(
      buildFunction(bench.fn(), bench.context),
      fails('LAM_BUILD_FAILED', /'esbuild index\.ts' exited with code 1[\s\S]*index\.ts:1:24/),
    );
    assert.deepEqual(await readdir(bench.workspace), []);
  });

  test('is packaged unchanged without bundling, or beside JavaScript', async (t) => {
    const bench = await workbench(t, { 'index.ts': 'export const handler = () => 1;\n' });
    assert.deepEqual(paths(await buildFunction(bench.fn({}, { bundle: false }), bench.context)), ['index.ts']);
    await writeTree(bench.directory, { 'index.mjs': HANDLER });
    assert.deepEqual(paths(await buildFunction(bench.fn(), bench.context)), ['index.mjs', 'index.ts']);
  });

  test('that imports CommonJS which requires a built-in module works once bundled', async (t) => {
    const bench = await workbench(t, {
      'package.json': JSON.stringify({ dependencies: { old: '1' } }),
      'node_modules/old/package.json': '{"name":"old","version":"1.0.0"}',
      'node_modules/old/index.js': "module.exports = require('path').posix.join('a', 'b');\n",
      'index.ts': "import old from 'old';\nexport const handler = (): string => old;\n",
    });
    const built = await buildFunction(bench.fn(), bench.context);
    assert.deepEqual(paths(built), ['index.mjs', 'index.mjs.map']);
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      `console.log((await import(${JSON.stringify(built.files.get('index.mjs'))})).handler())`,
    ]);
    assert.equal(stdout, 'a/b\n');
  });
});

describe('the workspace', () => {
  test('is created when absent, also for a function folder behind a link', async (t) => {
    const bench = await workbench(t, { 'index.ts': 'export const handler = () => 1;\n' });
    const moved = `${bench.directory}-moved`;
    await rename(bench.directory, moved);
    await mkdir(join(bench.directory, '..', 'links'));
    await writeTree(join(bench.directory, '..', 'links'), { here: { link: moved } });
    const built = await buildFunction(
      { ...bench.fn(), directory: join(bench.directory, '..', 'links', 'here') },
      bench.context,
    );
    const map = JSON.parse(await readFile(built.files.get('index.mjs.map') ?? '', 'utf8')) as { sources: string[] };
    assert.deepEqual(map.sources, ['index.ts']);
  });
});
