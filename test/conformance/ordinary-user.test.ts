import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { type Booted, DriverRig, eventually, isAlive, pidsOf } from './driver-rig.ts';
import { bootCode, layCode, TRIES } from './stem-rig.ts';

const NOBODY = '65534';
const AS_NOBODY = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--', process.execPath];
const FILE = fileURLToPath(import.meta.url);

/** Whether a user without rights can run this file: the clone may be below a closed folder. */
function reachable(): boolean {
  return spawnSync('setpriv', [...AS_NOBODY, '--check', FILE], { stdio: 'ignore' }).status === 0;
}

/** Set for the run with control groups that were delegated. */
const DELEGATED = 'LAM_TEST_DELEGATED';
const HIERARCHIES = ['memory', 'pids', 'cpu'].map((name) => join('/sys/fs/cgroup', name));

/** Runs this file as an ordinary user, after these commands of root. */
function runAsNobody(first: string, environment: Readonly<Record<string, string>>): void {
  const env = { PATH: process.env['PATH'], ...environment };
  const command = ['setpriv', ...AS_NOBODY, '--test', '--test-reporter=spec', FILE];
  const ran = spawnSync('sh', ['-c', `${first}exec "$@"`, 'sh', ...command], { env, encoding: 'utf8' });
  assert.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`);
}

if (process.getuid?.() === 0) {
  test('what an ordinary user with delegated control groups has', (t) => {
    if (!reachable()) return t.skip('the clone is closed to other users');
    if (!HIERARCHIES.every((folder) => existsSync(join(folder, 'tasks')))) return t.skip('there is no cgroup v1 here');
    const groups = HIERARCHIES.map((folder) => join(folder, `lam-delegated-${process.pid}`));
    try {
      for (const group of groups) {
        mkdirSync(group);
        chownSync(group, Number(NOBODY), Number(NOBODY));
      }
      runAsNobody(groups.map((group) => `echo 0 > ${group}/tasks && `).join(''), { [DELEGATED]: '1' });
    } finally {
      for (const group of groups) rmdirSync(group);
    }
  });

  test('what an ordinary user without control groups has', (t) => {
    if (!reachable()) return t.skip('the clone is closed to other users');
    runAsNobody('', {});
  });
} else if (process.env[DELEGATED] !== undefined) {
  test('sandboxes are limited by control groups that their user was delegated, and end with them', async () => {
    await using rig = await DriverRig.make({ name: 'process' });
    assert.doesNotMatch(rig.driver.gaps.join('\n'), /memory is checked|cpus are not limited|number of processes/);
    const booted = await rig.boot('nodejs', { memoryMiB: 128, timeoutMs: 30_000 });
    const [pid = 0] = await pidsOf(rig.home, booted.sandbox.id);
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
    for (const controller of ['memory', 'pids', 'cpu'])
      assert.match(groups, new RegExp(`:${controller}:/lam-delegated-\\d+/lam-\\w+[/.]${booted.sandbox.id}\\n`));
    const outcome = await booted.invoke({ what: 'hog' });
    assert.ok(outcome.kind === 'exit' && outcome.exit.outOfMemory, JSON.stringify(outcome));
    await booted.sandbox.destroy();
    assert.deepEqual(await rig.remains(), []);
  });
} else {
  describe('sandboxes of an ordinary user without control groups', { concurrency: false }, () => {
    let rig: DriverRig;
    before(async () => {
      rig = await DriverRig.make({ name: 'process', cgroups: false });
    });
    after(() => rig[Symbol.asyncDispose]());
    const boot = async (): Promise<Booted> =>
      bootCode(rig.driver, 'nodejs', await layCode(rig.home, { 'index.js': TRIES }));

    test('are charged what they hold themselves, not the pages of programs that all share', async () => {
      await using booted = await boot();
      const kib = (name: string, text: string): number =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
      const [pid = 0] = await pidsOf(rig.home, booted.sandbox.id);
      await booted.json('1');
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const [all, files] = [kib('VmRSS', status), kib('RssFile', status)].map((size) => size / 1024);
      assert.ok(all !== undefined && files !== undefined && files > 16, `${all} MiB with files`);
      const used = booted.sandbox.peakMemoryMiB();
      assert.ok(used > 2 && used <= all - files + 8, `${used} MiB of ${all}, ${files} of them of files`);
    });

    test('of 128 MB can print 100 MB', async () => {
      await using booted = await rig.boot('nodejs', { memoryMiB: 128, timeoutMs: 60_000, onLog: () => undefined });
      assert.equal(await booted.json({ what: 'flood', lines: 100_000 }), 'printed');
    });

    test('are ended for memory, also for that of a process in a session of its own', async () => {
      await using booted = await boot();
      const hog = JSON.stringify('const held = Buffer.alloc(200 << 20, 1); setInterval(() => held, 1000)');
      await booted.json(
        `void cp.spawn("/usr/bin/env", ["-i", "/usr/bin/setsid", "-f", process.execPath, "-e", ${hog}], { stdio: "ignore" })`,
      );
      const exit = await booted.sandbox.exited;
      assert.ok(exit.outOfMemory, JSON.stringify(exit));
    });

    test('count once what their processes share', async () => {
      await using booted = await boot();
      // Four processes with one piece of shared memory, which exceeds the limit if it counts for each.
      const shares = [
        'import mmap, os, time',
        'm = mmap.mmap(-1, 64 << 20)',
        'for i in range(64): m[i << 20 : i + 1 << 20] = bytes(1 << 20)',
        '[os.fork() for _ in range(2)]',
        'sum(m[::4096])',
        'time.sleep(60)',
      ].join('\n');
      const started = await booted.json(
        `fs.existsSync("/usr/bin/python3") && Boolean(cp.spawn("/usr/bin/python3", ["-c", ${JSON.stringify(shares)}], { stdio: "ignore" }))`,
      );
      if (started === false) return;
      assert.ok(await eventually(async () => booted.sandbox.peakMemoryMiB() > 64));
      await new Promise((resolve) => setTimeout(resolve, 600));
      assert.equal(await booted.json('"alive"'), 'alive');
    });

    test('leave no process behind, not even one in a session of its own with no environment', async () => {
      const booted = await boot();
      const sleeper = `6${process.pid}`;
      await booted.json(
        `new Promise((done) => cp.spawn("/usr/bin/env", ["-i", "/usr/bin/setsid", "-f", "/bin/sleep", "${sleeper}"], { stdio: "ignore" }).on("exit", done))`,
      );
      const pidsOfSleeper = (): readonly number[] =>
        spawnSync('pgrep', ['-f', `^/bin/sleep ${sleeper}$`], { encoding: 'utf8' })
          .stdout.split('\n')
          .filter(Boolean)
          .map(Number);
      const pids = pidsOfSleeper();
      assert.equal(pids.length, 1);
      await booted.sandbox.destroy();
      assert.ok(await eventually(() => !pids.some(isAlive), 1000));
    });

    test('say what is not limited', () => {
      const said = rig.driver.gaps.join('\n');
      for (const gap of [
        /^functions run as the user of lam and/m,
        /memory is checked four times a second/,
        /cpus are not limited/,
        /number of processes and threads/,
      ])
        assert.match(said, gap);
    });
  });
}
