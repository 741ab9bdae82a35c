import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { socketPath, type Status } from '../../src/contract/index.ts';
import {
  containersOf,
  DRIVERS,
  eventually,
  http,
  isRunning,
  kill,
  lamSession,
  leftovers,
  NO_DOCKER,
  processesOf,
  type LamSession,
} from './session.ts';

const SLEEPER = `export const handler = async (event) => { await new Promise((go) => setTimeout(go, event.ms ?? 0)); return event.ms ?? 'quick'; };`;
const LOOP = 'export const handler = () => { for (;;); };';

/** Ends a daemon with SIGKILL, and waits until it is gone. */
async function killDaemon(s: LamSession): Promise<void> {
  const { pid } = await s.status();
  kill(pid);
  assert.ok(await eventually(() => !isRunning(pid)));
}

for (const driver of DRIVERS) {
  describe(`a daemon that was killed (${driver})`, () => {
    let s: LamSession;
    let node: string;
    before(async () => {
      s = await lamSession({ driver });
      await s.deployNode('idle', SLEEPER);
      await s.deployNode('loop', LOOP, { timeout: 300 });
    });
    after(() => s.dispose());

    test('leaves idle and busy sandboxes, which the next start reclaims and counts', async () => {
      await s.ok(['invoke', 'idle']);
      ({ node } = await s.status());
      const looping = s.start(['invoke', 'loop']);
      await s.untilBusy(1);
      const ended = new Promise((resolve) => looping.once('exit', resolve));
      await killDaemon(s);
      await ended;
      assert.equal(looping.exitCode, 3, 'whoever waited is told that the daemon went away');
      const orphans = await containersOf(s);
      // Two that were used, and any stems.
      if (driver === 'docker') assert.ok(orphans.length >= 2);

      const { stdout } = await s.ok(['start']);
      assert.match(
        stdout,
        driver === 'docker'
          ? new RegExp(`reclaimed from a daemon that was killed: ${orphans.length} containers`)
          : /reclaimed from a daemon that was killed: /,
      );
      const { reclaimed, sandboxes } = await s.status();
      assert.equal(reclaimed.containers, driver === 'docker' ? orphans.length : 0);
      assert.ok(reclaimed.files >= 1, 'the lock at least');
      assert.deepEqual({ ...sandboxes, stems: 0 }, { starting: 0, idle: 0, busy: 0, stems: 0 });
      const left = new Set(await containersOf(s));
      assert.ok(
        orphans.every((id) => !left.has(id)),
        'none of the old containers is there',
      );
      const ahead = async (): Promise<number> => (driver === 'docker' ? 0 : (await s.status()).sandboxes.stems);
      assert.ok(
        await eventually(async () => processesOf(s).length === 1 + (await ahead())),
        'the daemon and its stems',
      );
    });

    test('has lost no version, and the first invoke works', async () => {
      assert.equal((await s.ok(['invoke', 'idle', '-d', '{"ms":1}'])).stdout, '1');
      const listed = await s.json<{ name: string; live: number }[]>(['list']);
      assert.deepEqual(
        listed.map(({ name, live }) => [name, live]),
        [
          ['idle', 1],
          ['loop', 1],
        ],
      );
    });

    test('is the same node as before, in its status and in the records that it kept', async () => {
      assert.match(node, /^[0-9a-f]{12}$/);
      assert.equal((await s.status()).node, node);
      const lines = (await s.ok(['logs', 'idle', '--json'])).stdout.trim().split('\n');
      assert.ok(lines.length >= 4);
      assert.deepEqual([...new Set(lines.map((line) => (JSON.parse(line) as { node: string }).node))], [node]);
    });

    test('is started again by the next command that needs it', async () => {
      await killDaemon(s);
      const { code, stdout } = await s.run(['invoke', 'idle', '-d', '{"ms":2}']);
      assert.deepEqual([code, stdout], [0, '2']);
    });

    test('by a start that prints nothing if there is nothing to reclaim', async () => {
      await s.ok(['stop']);
      assert.doesNotMatch((await s.ok(['start'])).stdout, /reclaimed/);
      assert.deepEqual((await s.status()).reclaimed, { containers: 0, processes: 0, files: 0 });
    });
  });

  describe(`a daemon that stops (${driver})`, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
      await s.deployNode('sleeper', SLEEPER);
    });
    after(() => s.dispose());

    test('finishes running invocations, accepts no new ones, and leaves nothing behind', async () => {
      await s.ok(['invoke', 'sleeper']);
      const running = s.run(['invoke', 'sleeper', '-d', '{"ms":3000}']);
      await s.untilBusy(1);
      const { code, ms } = await s.ok(['stop']);
      assert.equal(code, 0);
      assert.ok(ms < 10_000, `${ms} ms`);
      const answer = await running;
      assert.deepEqual([answer.code, answer.stdout], [0, '3000'], answer.stderr);
      assert.deepEqual(await leftovers(s), []);
      assert.ok(!existsSync(socketPath(s.home)));
    });

    test('lets followers of logs wait after they have received everything printed', async () => {
      await s.deployNode(
        'talker',
        'export const handler = async () => { await new Promise((go) => setTimeout(go, 500)); console.log("last words"); return 1; };',
      );
      const following = s.start(['logs', 'talker', '--follow', '-o', 'raw']);
      let [said, noted] = ['', ''];
      following.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      following.stderr?.on('data', (chunk: Buffer) => (noted += chunk.toString()));
      const ended = new Promise((resolve) => following.once('close', resolve));
      const running = s.run(['invoke', 'talker']);
      assert.ok(await eventually(() => said.includes('START')));
      const { ms } = await s.ok(['stop']);
      assert.ok(ms < 10_000, `${ms} ms`);
      assert.equal((await running).stdout, '1');
      assert.ok(await eventually(() => noted.startsWith('the daemon went away')));
      assert.match(said, /last words/);
      following.kill('SIGINT');
      assert.equal(await ended, 130);
    });

    test('is not started by status, which exits 3; a second stop succeeds', async () => {
      const { hint } = await s.refused(['status'], 'LAM_CLIENT_DAEMON_NOT_RUNNING', 3);
      assert.match(hint ?? '', /lam start/);
      assert.match((await s.ok(['stop'])).stdout, /no daemon is running/);
    });

    test('does not affect a daemon of another home', async () => {
      await using other = await lamSession({ driver });
      await other.deployNode('theirs', SLEEPER);
      await other.ok(['invoke', 'theirs']);
      assert.ok(await eventually(async () => (await other.status()).sandboxes.stems === 1));
      const [before, theirs, containers] = [await other.status(), processesOf(other), await containersOf(other)];
      await s.ok(['invoke', 'sleeper']);
      await killDaemon(s);
      await s.ok(['start']);
      await s.ok(['stop']);
      const now = new Set(processesOf(other));
      assert.ok(
        theirs.every((process) => now.has(process)),
        'all that ran there still runs',
      );
      assert.deepEqual(await containersOf(other), containers);
      assert.deepEqual(await other.status(), before);
    });
  });
}

describe('lam serve', () => {
  for (const [signal, code] of [
    ['SIGTERM', 0],
    ['SIGINT', 0],
  ] as const) {
    test(`drains and exits ${code} on ${signal}`, async () => {
      await using s = await lamSession();
      const serving = s.start(['serve', '--json']);
      let printed = '';
      serving.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      assert.ok(await eventually(() => printed.includes('\n')));
      const { data } = JSON.parse(printed) as { data: Status };
      assert.equal(data.home, s.home);
      await s.deployNode('sleeper', SLEEPER);
      const running = http(`${s.url}/2015-03-31/functions/sleeper/invocations`, { body: '{"ms":3000}' });
      await s.untilBusy(1);
      const ended = new Promise((resolve) => serving.once('exit', resolve));
      kill(data.pid, signal);
      assert.equal((await running).body.toString(), '3000');
      await ended;
      assert.deepEqual([serving.exitCode, serving.signalCode], [code, null]);
      assert.deepEqual(await leftovers(s), []);
    });
  }

  test('exits at once on a second signal, and the next start reclaims what it left', async () => {
    await using s = await lamSession();
    const serving = s.start(['serve', '--json']);
    assert.ok(await eventually(async () => (await s.run(['status'])).code === 0));
    const { pid } = await s.status();
    await s.deployNode('sleeper', SLEEPER);
    s.start(['invoke', 'sleeper', '-d', '{"ms":20000}']);
    await s.untilBusy(1);
    const running = processesOf(s);
    const ended = new Promise((resolve) => serving.once('exit', resolve));
    kill(pid, 'SIGTERM');
    assert.ok(
      await eventually(
        async () =>
          await http(`${s.url}/`).then(
            () => false,
            () => true,
          ),
      ),
    );
    kill(pid, 'SIGTERM');
    await ended;
    assert.equal(serving.exitCode, 143);
    await s.ok(['start']);
    assert.ok(await eventually(() => !running.some(isRunning), 30_000));
  });
});

describe('a home', () => {
  test('whose path is too long for a socket works', { timeout: 240_000 }, async () => {
    await using s = await lamSession();
    const home = join(s.root, 'long-'.repeat(24), 'h');
    const env = { LAM_HOME: home };
    assert.ok(Buffer.byteLength(home) > 108);
    mkdirSync(home, { recursive: true });
    try {
      const cwd = s.files('sleeper', { 'lam.yaml': 'name: sleeper\nruntime: nodejs\n', 'index.mjs': SLEEPER });
      await s.ok(['deploy'], { cwd, env });
      assert.equal((await s.ok(['invoke', 'sleeper', '-d', '{"ms":3}'], { env })).stdout, '3');
    } finally {
      await s.ok(['stop'], { env });
    }
    assert.deepEqual(
      existsSync(dirname(socketPath(home)))
        ? readdirSync(dirname(socketPath(home)), { recursive: true }).filter((n) => String(n).endsWith('.sock'))
        : [],
      [],
    );
    rmSync(dirname(socketPath(home)), { recursive: true, force: true });
  });

  test('whose path is too long works with containers', { skip: NO_DOCKER, timeout: 240_000 }, async () => {
    await using s = await lamSession({ driver: 'docker' });
    const env = { LAM_HOME: join(s.root, 'long-'.repeat(24), 'h') };
    try {
      const cwd = s.files('sleeper', { 'lam.yaml': 'name: sleeper\nruntime: nodejs\n', 'index.mjs': SLEEPER });
      await s.ok(['deploy'], { cwd, env });
      assert.equal((await s.ok(['invoke', 'sleeper', '-d', '{"ms":3}'], { env })).stdout, '3');
    } finally {
      await s.ok(['stop'], { env });
      rmSync(dirname(socketPath(env.LAM_HOME)), { recursive: true, force: true });
    }
  });

  test('that is a file, or below one, is refused', async () => {
    await using s = await lamSession();
    s.files('.', { file: 'not a folder' });
    for (const home of [join(s.cwd, 'file'), join(s.cwd, 'file', 'below')]) {
      const { message } = await s.refused(['start'], 'LAM_CLIENT_HOME_NOT_WRITABLE', 1, { env: { LAM_HOME: home } });
      assert.ok(message.includes(`'${home}'`), message);
    }
  });

  test('with a corrupt catalogue is reported; a copy is kept and the file stays unchanged', async () => {
    await using s = await lamSession();
    await s.deployNode('sleeper', SLEEPER);
    await s.ok(['stop']);
    const file = join(s.home, 'state', 'catalogue.json');
    const good = readFileSync(file, 'utf8');
    for (const bad of [good.slice(0, good.length / 2), '', '{"schema":1,"functions":7}', '[]']) {
      writeFileSync(file, bad);
      const { message, hint, details } = await s.refused(['start'], 'LAM_STORE_CORRUPT', 1);
      assert.ok(message.includes(`'${file}'`), message);
      const kept = details?.['kept'] as string;
      assert.ok(hint?.includes(`'${kept}'`) === true, message);
      assert.equal(readFileSync(kept, 'utf8'), bad);
      assert.equal(readFileSync(file, 'utf8'), bad);
      assert.ok(await eventually(() => processesOf(s).length === 0));
      rmSync(kept);
    }
    const newer = JSON.stringify({ ...(JSON.parse(good) as object), schema: 99 });
    writeFileSync(file, newer);
    assert.match((await s.refused(['list'], 'LAM_STORE_NEWER', 1)).message, /99/);
    assert.equal(readFileSync(file, 'utf8'), newer);
    writeFileSync(file, good);
    assert.equal((await s.ok(['invoke', 'sleeper', '-d', '{"ms":4}'])).stdout, '4');
  });

  test('has only one daemon, however many commands start one at a time', async () => {
    await using s = await lamSession();
    const starts = await Promise.all(Array.from({ length: 6 }, () => s.json<Status & { started: boolean }>(['start'])));
    assert.equal(new Set(starts.map((one) => one.pid)).size, 1);
    assert.equal(starts.filter((one) => one.started).length, 1);
    assert.ok(await eventually(() => processesOf(s).length === 1));
  });
});
