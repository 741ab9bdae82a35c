import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail } from '../../src/contract/index.ts';
import { lamSession, NO_DOCKER, type LamSession } from '../e2e/session.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** A runtime that lam does not have, laid out like its files in a clone. */
const NEW_RUNTIME = join(ROOT, 'test/fixtures/new-runtime');
const FILES = ['package.json', 'tsconfig.json', 'oclif.manifest.json'];
/** What scripts import from tests, and what that imports. */
const OF_TESTS = [
  'parity',
  'api/aws-recorded',
  'e2e/isolation/claims.ts',
  'e2e/session.ts',
  'e2e/machine.ts',
  'e2e/program-for-all.ts',
  'support',
  'unit/store/support.ts',
].map((path) => `test/${path}`);
const PARTS = ['src', 'scripts', 'templates', 'bin', ...FILES, ...OF_TESTS];

/** Runs a program of Node in `cwd`; resolves with its exit code and what it printed. */
function run(cwd: string, args: readonly string[]): Promise<{ readonly code: number; readonly printed: string }> {
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), printed: stdout + stderr }),
    );
  });
}

const hasPerl = await new Promise<boolean>((done) => {
  execFile('perl', ['-MHTTP::Tiny', '-MJSON::PP', '-e', '1'], (error) => done(error === null));
});

describe(
  'a runtime added to a copy of the source',
  { skip: hasPerl ? false : 'no perl with its standard modules' },
  () => {
    let clone: string;

    before(() => {
      clone = mkdtempSync(join(tmpdir(), 'lam-clone-'));
      for (const part of PARTS) cpSync(join(ROOT, part), join(clone, part), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    });
    after(() => rmSync(clone, { recursive: true, force: true }));

    /** Adds the family to the list of one room: the import, and the entry of the object that begins with `opening`. */
    const enlist = (room: string, opening: string): void => {
      const file = join(clone, 'src', room, 'list.ts');
      const before = readFileSync(file, 'utf8');
      assert.ok(before.includes(opening), `${file} holds '${opening}'`);
      writeFileSync(file, `import { perl } from './perl.ts';\n${before.replace(opening, `${opening} perl, `)}`);
    };
    const bring = (path: string): void => cpSync(join(NEW_RUNTIME, path), join(clone, path), { recursive: true });
    const typeCheck = (): ReturnType<typeof run> =>
      run(clone, ['node_modules/typescript-native/bin/tsc', '--noEmit', '--pretty', 'false', '-p', 'tsconfig.json']);

    test('is reported by tsc as missing in the maps over families while only its descriptor exists', async () => {
      bring('src/runtimes/perl.ts');
      enlist('runtimes', 'const LIST = {');
      const { code, printed } = await typeCheck();
      assert.notEqual(code, 0);
      const faults = printed.split('\n').filter((line) => line.includes('error TS'));
      assert.deepEqual(
        faults.map((line) => line.replace(/\(.*/, '')),
        ['src/build/list.ts'],
        printed,
      );
      assert.match(printed, /Property 'perl' is missing/);
    });

    describe('with its build, its client and its template', () => {
      before(async () => {
        for (const path of ['src/build/perl.ts', 'src/bootstraps', 'templates']) bring(path);
        enlist('build', 'FamilyBuild>> = {');
        const checked = await typeCheck();
        assert.equal(checked.code, 0, checked.printed);
        const built = await run(clone, ['scripts/build.ts']);
        assert.equal(built.code, 0, built.printed);
      });

      for (const driver of ['process', 'docker'] as const) {
        describe(`on the ${driver} driver`, { skip: driver === 'docker' && NO_DOCKER }, () => {
          let session: LamSession;
          before(async () => {
            session = await lamSession({ driver, program: join(clone, 'bin/lam') });
          });
          after(() => session.dispose());

          test('is scaffolded, built, deployed and invoked', async () => {
            const made = await session.ok(['init', 'greet', '--runtime', 'perl']);
            assert.match(made.stdout, /^created greet from perl\/hello \(/);
            const cwd = join(session.cwd, 'greet');
            const deployed = await session.ok(['deploy'], { cwd });
            assert.match(deployed.stdout, /^greet v1 live /);
            assert.equal(deployed.stderr.includes('handler'), false, deployed.stderr);
            const { config } = await session.json<FunctionDetail>(['describe', 'greet']);
            assert.deepEqual([config.runtime, config.handler], ['perl', 'handler.handle']);
            const answer = JSON.parse((await session.ok(['invoke', '-d', '{"name":"Ada"}'], { cwd })).stdout) as object;
            assert.deepEqual({ ...answer, perl: '' }, { message: 'Hello Ada!', perl: '', marks: ['PERL_BADLANG'] });
            const failed = await session.run(['invoke', '-d', '{}'], { cwd });
            assert.equal(failed.code, 5);
            assert.match(failed.stdout, /"errorType":"Perl\.Error"/);
            const { stdout } = await session.ok(['logs'], { cwd });
            assert.match(stdout, /greeting Ada/);
            assert.doesNotMatch(stdout, /locale/);
          });

          test('runs code from the command line, and reports which version runs it', async () => {
            const code = 'sub handle { return [reverse @{$_[0]}] } 1;';
            const inline = await session.ok(['deploy', 'turn', '--runtime', 'perl5.2', '--inline', code]);
            assert.match(inline.stderr, /perl5\.2 is configured, but Perl 5\.\d+\.\d+ runs it/);
            assert.equal((await session.ok(['invoke', 'turn', '-d', '[1,2]'])).stdout.trim(), '[2,1]');
          });

          test('differs from an unknown runtime', async () => {
            const fault = await session.refused(
              ['deploy', 'x', '--runtime', 'perll', '--inline', '1;'],
              'LAM_REGISTRY_UNKNOWN_RUNTIME',
              2,
            );
            assert.match(fault.hint ?? '', /perl5\.36/);
          });
        });
      }
    });
  },
);
