import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail, VersionInfo } from '../../src/contract/index.ts';
import { NO_GCC, programForMusl, programForNewerLibrary, programWithoutLibrary } from '../support/native-programs.ts';
import { DRIVERS, eventually, kill, lamSession, type LamSession } from './session.ts';

const GOOD = 'console.log("loading");\nexport const handler = async () => process.env.SAYS ?? "good";\n';
const BROKEN = 'export const handler = async () => {\n  const a = ;\n};\n';
/** Loads only with the variable that stands for something outside. */
const NEEDY =
  'if (process.env.DATABASE === undefined) throw new Error("no database");\nexport const handler = async () => "stored";\n';
const HANGING = 'await new Promise(() => setInterval(() => undefined, 1000));\nexport const handler = async () => 1;\n';

/** The head of an ELF file for another machine than this. */
const FOREIGN = Buffer.concat([
  Buffer.from(`7f454c460201010000000000000000000200${process.arch === 'arm64' ? '3e' : 'b7'}0001000000`, 'hex'),
  Buffer.alloc(200),
]);

/** Executables that cannot run, with what is said of each. */
interface Executable {
  readonly name: string;
  /** Its content, or what makes it in a folder. */
  readonly bytes: string | Buffer | ((folder: string) => Buffer);
  readonly says: RegExp;
  readonly skip?: string | false;
}
const EXECUTABLES: readonly Executable[] = [
  {
    name: 'no-interpreter',
    bytes: '#!/usr/bin/no-such-interpreter\n',
    says: /InvalidEntrypoint: .*\/usr\/bin\/no-such-interpreter/,
  },
  { name: 'exits', bytes: '#!/bin/sh\necho it begins\nexit 3\n', says: /exit status 3\n +it printed:\n +it begins/ },
  {
    name: 'other-machine',
    bytes: FOREIGN,
    says: /InvalidEntrypoint: .*it is built for (arm64|x64), and this machine is (?!\1)/,
  },
  {
    name: 'other-loader',
    bytes: programForMusl,
    skip: NO_GCC,
    says: /InvalidEntrypoint: .*it needs the dynamic loader \/lib\/ld-musl-test\.so\.1, which this machine does not have; link it statically/,
  },
  {
    name: 'missing-library',
    bytes: programWithoutLibrary,
    skip: NO_GCC,
    says: /InvalidEntrypoint: .*it needs the shared library libfoo\.so\.1, which neither the package nor this machine has; /,
  },
  {
    name: 'newer-library',
    bytes: programForNewerLibrary,
    skip: NO_GCC,
    says: /InvalidEntrypoint: .*it needs GLIBC_9\S+ of libc\.so\.6, which the one of this machine does not have; /,
  },
];

for (const driver of DRIVERS) {
  describe(`a deploy means that the code loads (${driver})`, { concurrency: false }, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
      await s.ok(['start']);
    });
    after(() => s.dispose());

    const source = (name: string, code: string, more = ''): { readonly cwd: string } => ({
      cwd: s.files(name, { 'lam.yaml': `name: ${name}\nruntime: nodejs\n${more}`, 'index.mjs': code }),
    });
    const detail = (name: string): Promise<FunctionDetail> => s.json<FunctionDetail>(['describe', name]);
    const versions = async (name: string): Promise<readonly VersionInfo[]> =>
      (await s.json<{ versions: readonly VersionInfo[] }>(['versions', name])).versions;

    test('and the first request finds it warm', async () => {
      await s.ok(['deploy'], source('first', GOOD));
      assert.equal((await s.ok(['invoke', 'first'])).stdout, '"good"');
      const { stdout } = await s.ok(['logs', 'first', '--output', 'raw']);
      assert.equal(stdout.match(/^loading$/gm)?.length, 1);
      assert.doesNotMatch(stdout, /Init Duration/);
    });

    test('or it ends with 8 and shows where it fails, and the old version answers', async () => {
      const { code, stdout, stderr } = await s.run(['deploy'], source('first', BROKEN));
      assert.equal(code, 8);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^Error: v2 of 'first' fails its check and is not live \(v1 is\): .*SyntaxError: Unexpected/m,
      );
      assert.match(stderr, /^ {2}index\.mjs:2\n {4}const a = ;\n +\^\n {2}hint: /m);
      assert.equal((await s.ok(['invoke', 'first'])).stdout, '"good"');
      const table = (await s.ok(['versions', 'first'])).stdout;
      assert.match(table, /^VERSION .* CHECK +MESSAGE\nv2 .* failed/);
      assert.match(table, /^v2 failed its check: Runtime\.UserCodeSyntaxError: /m);
      const page = (await s.ok(['describe', 'first@2'])).stdout;
      assert.match(page, /^check: +failed: Runtime\.UserCodeSyntaxError: /m);
      // The way out that the hint names.
      const hint = /lam (rollback first v2 --no-verify)$/m.exec(stderr)?.[1] ?? '';
      await s.ok(hint.split(' '));
      assert.equal((await s.run(['invoke', 'first'])).code, 5);
      await s.ok(['rollback', 'first']);
    });

    for (const { name, bytes, says, skip = false } of EXECUTABLES) {
      test(`and an executable is run: ${name}`, { skip }, async () => {
        const cwd = s.files(name, {
          'lam.yaml': `name: ${name}\nruntime: provided.al2023\nhandler: x\n`,
          bootstrap: typeof bytes === 'function' ? bytes(join(s.root, name)) : bytes,
        });
        chmodSync(join(cwd, 'bootstrap'), 0o755);
        const { code, stderr } = await s.run(['deploy'], { cwd });
        assert.equal(code, 8, stderr);
        assert.match(stderr, new RegExp(`^Error: '${name}' fails its check and was not deployed: `, 'm'));
        assert.match(stderr, says);
        await s.refused(['describe', name], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
      });
    }

    test('and a plain program for another machine is refused before it is called', async () => {
      const cwd = s.files('foreign', { 'lam.yaml': 'name: foreign\nruntime: stdio\n', main: FOREIGN });
      chmodSync(join(cwd, 'main'), 0o755);
      const { code, stderr } = await s.run(['deploy'], { cwd });
      assert.equal(code, 8, stderr);
      assert.match(stderr, /InvalidEntrypoint: .*it is built for (arm64|x64), and this machine is (?!\1)/);
    });

    test('and code that needs what is not there yet goes live without a check', async () => {
      const { stderr, code } = await s.run(['deploy'], source('needy', NEEDY));
      assert.equal(code, 8);
      assert.match(stderr, /Error: no database/);
      assert.match(stderr, /hint: .*if its start needs what is not there yet, .*lam deploy needy --no-verify$/m);
      await s.ok(['deploy', '--no-verify'], source('needy', NEEDY));
      assert.match(
        (await s.ok(['versions', 'needy'])).stdout,
        /^v1 was not verified: --no-verify, or verify: false in lam.yaml$/m,
      );
      // Its lam.yaml may say so as well.
      await s.ok(['deploy'], source('unverified', NEEDY, 'verify: false\n'));
      assert.equal((await detail('unverified')).live, 1);
    });

    test('as do settings, aliases and rollbacks, each with the way out', async () => {
      await s.ok(['deploy', '-e', 'DATABASE=here'], source('moved', NEEDY));
      await s.ok(['deploy', '--no-verify'], source('moved', NEEDY));
      await s.ok(['rollback', 'moved']);
      const attempts = [
        ['config', 'set', 'needy', 'memory=256'],
        ['env', 'set', 'needy', 'SAYS=hi'],
        ['alias', 'set', 'moved', 'prod', 'v2'],
        ['rollback', 'moved', 'v2'],
      ];
      for (const attempt of attempts) {
        const { code, stderr } = await s.run(attempt);
        assert.equal(code, 8, attempt.join(' '));
        assert.match(stderr, /hint: .*--no-verify$/m);
        await s.ok([...attempt, '--no-verify']);
      }
      assert.deepEqual((await detail('needy')).overrides, { memoryMiB: 256, environment: { SAYS: null } });
      assert.deepEqual((await detail('moved')).aliases, { prod: 2 });
      assert.equal((await detail('moved')).live, 2);
    });

    test('and of several functions the ones that load go live', async () => {
      const cwd = s.files('several', {
        'lam.yaml':
          'defaults: {runtime: nodejs}\nfunctions: {one: {path: one}, two: {path: two}, three: {path: three}}\n',
        'one/index.mjs': GOOD,
        'two/index.mjs': BROKEN,
        'three/index.mjs': GOOD,
      });
      const { code, stderr } = await s.run(['deploy'], { cwd });
      assert.equal(code, 8);
      assert.match(stderr, /^Error: two: 'two' fails its check and was not deployed: .*\n {2}index\.mjs:2$/m);
      const names = (await s.json<{ name: string }[]>(['list'])).map(({ name }) => name);
      assert.deepEqual([names.includes('one'), names.includes('two'), names.includes('three')], [true, false, true]);
    });

    test('and Ctrl-C gives it up while its code hangs', async () => {
      await s.ok(['deploy'], source('stuck', GOOD));
      const child = s.start(['deploy'], source('stuck', HANGING));
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
      assert.ok(await eventually(() => /still loading its code .* the limit is 10 s/.test(said), 20_000), said);
      child.kill('SIGINT');
      await once(child, 'exit');
      assert.ok(await eventually(async () => (await s.status()).sandboxes.starting === 0, 10_000));
      assert.deepEqual(
        (await versions('stuck')).map(({ version }) => version),
        [1],
      );
      assert.equal((await s.ok(['invoke', 'stuck'])).stdout, '"good"');
    });

    test('and kill -9 of the daemon meanwhile leaves the old version live', async () => {
      const child = s.start(['deploy'], source('stuck', HANGING));
      assert.ok(await eventually(async () => (await s.status()).sandboxes.starting > 0, 20_000));
      kill((await s.status()).pid);
      await once(child, 'exit');
      await s.ok(['start']);
      assert.deepEqual(
        (await versions('stuck')).map(({ version, live }) => [version, live]),
        [[1, true]],
      );
    });

    test('and the time limit of init ends a check', async () => {
      const error = await s.refused(['deploy'], 'LAM_OPERATIONS_CHECK_FAILED', 8, source('stuck', HANGING));
      assert.match(error.message, /Sandbox\.Timedout: Init timed out after 10\.00 seconds$/);
      assert.match((await s.ok(['logs', 'stuck', '--output', 'raw'])).stdout, /^the check failed: Sandbox\.Timedout/m);
    });
  });
}
