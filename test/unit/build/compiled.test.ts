import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { buildFunction, inlineArtifact } from '../../../src/build/index.ts';
import { namedTarget, onlyProgram, programIn } from '../../../src/build/cargo.ts';
import { artifactDigest } from '../../../src/contract/index.ts';
import { isLamError, type ErrorCode } from '../../../src/errors/index.ts';
import { ifCode } from '../../support/if-code.ts';
import { asFunctionName } from '../../support/ids.ts';
import { temporaryFolder, workbench, writeTree } from './fixture.ts';

const fails =
  (code: ErrorCode, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(isLamError(error) && error.code === code, String(error));
    assert.match(`${error.message}\n${error.hint}`, message);
    return true;
  };

const GO = { 'go.mod': 'module function\n\ngo 1.19\n', 'main.go': 'package main\n\nfunc main() { println("x") }\n' };

function hasGo(): boolean {
  try {
    return execFileSync('go', ['version']).length > 0;
  } catch (error) {
    return ifCode(['ENOENT'], false)(error);
  }
}

describe('a function in Go', { skip: hasGo() ? false : 'no go on PATH', timeout: 120_000 }, () => {
  test('becomes one static program, the same for the same source, and leaves its folder alone', async (t) => {
    const bench = await workbench(t, { ...GO, 'data.json': '{}' });
    const fn = bench.fn({ runtime: 'go' }, { include: ['data.json'] });
    const first = await buildFunction(fn, bench.context);
    assert.deepEqual(
      first.manifest.entries.map((entry) => [entry.path, entry.kind === 'file' && entry.executable]),
      [
        ['bootstrap', true],
        ['data.json', false],
      ],
    );
    const program = await readFile(first.files.get('bootstrap') ?? '');
    assert.equal(program.toString('latin1', 0, 4), '\x7fELF');
    assert.ok(!program.includes('/ld-linux'), 'it names no dynamic loader');
    assert.deepEqual(bench.steps, ['go build']);
    assert.deepEqual((await readdir(bench.directory)).toSorted(), ['data.json', 'go.mod', 'main.go']);

    const second = await buildFunction(fn, bench.context);
    assert.equal(artifactDigest(second.manifest), artifactDigest(first.manifest));
    await writeTree(bench.directory, { 'main.go': GO['main.go'].replace('"x"', '"y"') });
    const changed = await buildFunction(fn, bench.context);
    assert.notEqual(artifactDigest(changed.manifest), artifactDigest(first.manifest));
    // The program of an earlier build is the one it was, until that build is disposed of.
    assert.deepEqual(await readFile(first.files.get('bootstrap') ?? ''), program);
    for (const built of [first, second, changed]) await built.dispose();
    assert.deepEqual(await readdir(bench.workspace), ['go']);
  });

  test('that does not compile fails with what the compiler says', async (t) => {
    const bench = await workbench(t, { ...GO, 'main.go': 'package main\n\nfunc main() { nothing() }\n' });
    await assert.rejects(
      buildFunction(bench.fn({ runtime: 'go' }), bench.context),
      fails('LAM_BUILD_FAILED', /'go build' exited with code 1\n[^]*main\.go:3:15: undefined: nothing/),
    );
    assert.deepEqual(await readdir(bench.workspace), ['go']);
  });
});

describe('a compiled function', () => {
  for (const [runtime, tree, debian] of [
    ['go', GO, 'golang-go'],
    ['rust', { 'Cargo.toml': '' }, 'cargo'],
    ['crystal', { 'main.cr': '' }, 'crystal'],
  ] as const) {
    test(`in ${runtime} is refused without its compiler, with the package to install`, async (t) => {
      const bench = await workbench(t, tree);
      const before = process.env['PATH'];
      process.env['PATH'] = bench.workspace;
      try {
        await assert.rejects(buildFunction(bench.fn({ runtime }), bench.context), (error) => {
          fails(
            'LAM_BUILD_TOOL_MISSING',
            new RegExp(`\\ninstall \\w+ \\(apt-get install ${debian}\\), then deploy again$`),
          )(error);
          return isLamError(error) && error.exitCode === 7;
        });
      } finally {
        process.env['PATH'] = before;
      }
    });

    test(`in ${runtime} is packaged as build.command leaves it`, async (t) => {
      const bench = await workbench(t, { 'go.mod': 'nonsense' });
      const fn = bench.fn({ runtime }, { command: 'echo built > bootstrap && chmod +x bootstrap' });
      const built = await buildFunction(fn, bench.context);
      assert.deepEqual(
        built.manifest.entries.map(({ path }) => path),
        ['bootstrap', 'go.mod'],
      );
      assert.deepEqual(built.notices, []);
    });

    test(`in ${runtime} cannot be given on the command line`, async (t) => {
      const { context } = await workbench(t, {});
      await assert.rejects(
        inlineArtifact('x', { functionName: asFunctionName('hello'), runtime }, context),
        fails('LAM_BUILD_NO_INLINE', new RegExp(`'hello'.*'${runtime}'.*\n.*lam init hello --runtime ${runtime}$`)),
      );
    });
  }

  test('in Crystal needs a main file, whose name can be that of the shard', async (t) => {
    const bench = await workbench(t, { 'shard.yml': 'name: my-shard\n', 'src/other.cr': '' });
    await assert.rejects(
      buildFunction(bench.fn({ runtime: 'crystal' }), bench.context),
      fails('LAM_BUILD_NO_PROGRAM', /looked for src\/bootstrap\.cr, .*src\/my-shard\.cr, my-shard\.cr\n/),
    );
  });
});

describe('the program that cargo made', () => {
  const name = asFunctionName('hello');

  test('is read from its messages', () => {
    const target = { name: 'x', kind: ['bin'] };
    assert.deepEqual(programIn(JSON.stringify({ reason: 'compiler-artifact', target, executable: '/t/x' })), {
      name: 'x',
      path: '/t/x',
    });
    for (const message of [
      { reason: 'compiler-artifact', target, executable: null },
      { reason: 'compiler-artifact', target: { name: 'x', kind: ['custom-build'] }, executable: '/t/x' },
      { reason: 'build-finished', success: true },
    ])
      assert.equal(programIn(JSON.stringify(message)), undefined);
  });

  test("is the only one, or the one called 'bootstrap'", () => {
    const [one, two, three] = ['one', 'bootstrap', 'two'].map((each) => ({ name: each, path: `/t/${each}` }));
    assert.ok(one && two && three);
    assert.equal(onlyProgram(name, [one]), one);
    assert.equal(onlyProgram(name, [one, two]), two);
    assert.throws(() => onlyProgram(name, [one, three]), fails('LAM_BUILD_NO_PROGRAM', /'one', 'two'\ncall one/));
    assert.throws(() => onlyProgram(name, []), fails('LAM_BUILD_NO_PROGRAM', /no program\nadd src\/main\.rs/));
  });

  test("is built for the target that the author's settings name", async (t) => {
    const folder = await temporaryFolder(t);
    await writeTree(folder, {
      'a/.cargo/config.toml': '[build]\njobs = 1\ntarget = "x"\n',
      'a/deep/Cargo.toml': '',
      'b/.cargo/config.toml': '[build]\njobs = 1\n[target.x]\nlinker = "y"\n',
    });
    assert.equal(await namedTarget(join(folder, 'a/deep')), true);
    assert.equal(await namedTarget(join(folder, 'b')), false);
  });
});
