import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { unbuiltClone } from './clone-copy.ts';
import { isRunning, IS_BINARY } from './session.ts';

/** A clone with these tests instead of its own. */
function cloneWith(t: TestContext, tests: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync('/tmp/lam-npm-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  unbuiltClone(folder);
  // Newer than the sources, so that nothing is built.
  for (const [name, code] of Object.entries({ 'dist/lam.cjs': '', 'test/support/seed.ts': '', ...tests })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), code);
  }
  return folder;
}

/** Starts `npm test -- LANES` in a clone. */
function npmTest(
  clone: string,
  lanes: readonly string[],
  env: Readonly<Record<string, string>> = {},
): {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<number | null>;
  output(): string;
} {
  const child = spawn(process.execPath, ['scripts/test.mjs', ...lanes], {
    cwd: clone,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(String(piece)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, output: () => pieces.join('') };
}

const ONE = (title: string, body = ''): string =>
  `import { test } from 'node:test';\ntest('${title}', async () => { ${body} });\n`;

describe('npm test', { skip: IS_BINARY ? 'the lanes do not depend on the binary' : false }, () => {
  test('fails if any lane fails, prints lanes in order, and sums up their counts and those of earlier runs', async (t) => {
    const clone = cloneWith(t, {
      'test/api/good.test.ts': ONE('is good') + "test('is skipped', { skip: true });",
      'test/conformance/bad.test.ts': ONE('is bad', "throw new Error('it is broken');"),
    });
    const totals = join(clone, 'totals.json');
    const first = npmTest(clone, ['conformance', 'api'], { LAM_TEST_TOTALS: totals });
    assert.equal(await first.ended, 1);
    assert.match(
      first.output(),
      /\n== conformance: [^]*it is broken[^]*\n== conformance: failed, 1 tests [^]*\n== api: [^]*is good[^]*\n== api: good, 2 tests /,
    );
    const failed = '\n== failed\n  conformance, test/conformance/bad.test.ts: is bad: it is broken\n\n# tests ';
    assert.ok(first.output().includes(`${failed}3\n`), first.output());
    assert.match(first.output(), /\n1 passed, 1 failed, 1 skipped\n$/);
    const second = npmTest(clone, ['api'], { LAM_TEST_TOTALS: totals });
    assert.equal(await second.ended, 1, 'a failure of an earlier run counts');
    assert.ok(second.output().includes(`${failed}5\n`), second.output());
    assert.match(second.output(), /\n2 passed, 1 failed, 2 skipped\n$/);
  });

  test('runs files with failures once more where it is asked to, and names the tests that pass only then', async (t) => {
    const clone = cloneWith(t, {
      'test/api/shared.ts': ONE('is bad', "throw new Error('it is broken');"),
      'test/api/bad.test.ts': "import './shared.ts';\n",
      'test/api/unsteady.test.ts': ONE(
        'is unsteady',
        `
        const { existsSync, writeFileSync } = await import('node:fs');
        if (existsSync('ran')) return;
        writeFileSync('ran', '');
        throw new Error('the first time');`,
      ),
    });
    const first = npmTest(clone, ['api'], { LAM_TEST_RERUN: '1' });
    assert.equal(await first.ended, 1);
    const named =
      '\n== unsteady: failed, and passed when run once more alone' +
      '\n  api, test/api/unsteady.test.ts: is unsteady: the first time\n' +
      '\n== failed\n  api, test/api/bad.test.ts: is bad: it is broken\n\n# tests 2\n';
    assert.ok(first.output().includes(named), first.output());
    assert.match(first.output(), /\n1 passed, 1 failed, 0 skipped\n$/);
    rmSync(join(clone, 'test/api/bad.test.ts'));
    rmSync(join(clone, 'ran'));
    const second = npmTest(clone, ['api'], { LAM_TEST_RERUN: '1' });
    assert.equal(await second.ended, 0, second.output());
    assert.match(second.output(), /\n1 passed, 0 failed, 0 skipped\n$/);
  });

  test('ends all that it started when it is interrupted', async (t) => {
    const clone = cloneWith(t, {
      'test/api/hangs.test.ts': ONE(
        'hangs',
        `
        const { spawn } = await import('node:child_process');
        const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
        (await import('node:fs')).writeFileSync('pids', process.pid + ' ' + child.pid);
        console.log('hanging now');
        await new Promise(() => setInterval(() => {}, 1000));`,
      ),
    });
    const { child, ended, output } = npmTest(clone, ['api']);
    const hangs = async (): Promise<void> => {
      while (!output().includes('hanging now')) await once(child.stdout ?? child, 'data');
    };
    await Promise.race([hangs(), ended.then(() => assert.fail(output()))]);
    const pids = readFileSync(join(clone, 'pids'), 'utf8').split(' ').map(Number);
    assert.deepEqual(pids.map(isRunning), [true, true]);
    child.kill('SIGINT');
    assert.equal(await ended, 130, output());
    assert.deepEqual(pids.map(isRunning), [false, false]);
    assert.match(output(), /\ninterrupted by SIGINT; ended 1 processes that tests had started\n/);
  });

  test('refuses a lane that does not exist, and names those that do', async (t) => {
    const { ended, output } = npmTest(cloneWith(t, {}), ['unti']);
    assert.equal(await ended, 2);
    assert.equal(
      output(),
      "no lane is called 'unti'; there are: quick, ordinary, unit, property, conformance, api, e2e, brokers, parity, binary\n",
    );
  });
});
