import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { idsHere } from '../../src/driver/process/sandbox-users.ts';
import { homeId } from '../../src/contract/index.ts';
import { type Booted, DriverRig, eventually, isAlive, openDriver, pidsOf } from './driver-rig.ts';
import { ifCode, NO_FILE } from '../support/if-code.ts';
import { bootCode, layCode, TRIES } from './stem-rig.ts';

/** The same for the Runtime API: the environment that the process was started with. */
const SHOWS = `#!/bin/sh
cat /proc/$$/environ >/tmp/environ; cat /proc/$$/status >/tmp/status
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while curl -s -o /tmp/event -D /tmp/head "$api/next"; do
  id=$(tr -d '\\r' </tmp/head | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -s -o /dev/null -d "\\"$(id -u) $(id -G)\\"" "$api/$id/response"
done`;
const isRoot = process.getuid?.() === 0;

/** Set for the run in which root may not make mounts. */
const POWERLESS = 'LAM_TEST_POWERLESS';

test('where root may not make mounts, sandboxes run as root, and the gaps say why', { skip: !isRoot }, async () => {
  if (process.env[POWERLESS] === undefined) {
    const command = ['--bounding-set=-sys_admin', '--inh-caps=-sys_admin', '--', process.execPath, '--test'];
    const env = { PATH: process.env['PATH'], [POWERLESS]: '1' };
    const ran = spawnSync('setpriv', [...command, import.meta.filename], { env, encoding: 'utf8' });
    assert.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`);
    return;
  }
  await using rig = await DriverRig.make({ name: 'process' });
  const why =
    /^functions run as the user of lam, which is root, .*not possible here: lam lacks the capability CAP_SYS_ADMIN/m;
  assert.match(rig.driver.gaps.join('\n'), why);
  await using booted = await bootCode(rig.driver, 'nodejs', await layCode(rig.home, { 'index.js': TRIES }));
  assert.equal(await booted.json('process.getuid()'), 0);
  assert.match(rig.driver.gaps.join('\n'), why);
});

for (const cgroups of process.env[POWERLESS] === undefined ? [true, false] : []) {
  const title = `sandboxes of root ${cgroups ? 'with' : 'without'} control groups`;
  describe(title, { concurrency: false, skip: !isRoot && 'only root has users to spare' }, () => {
    let rig: DriverRig;
    let one: Booted;
    let other: Booted;
    const boot = async (): Promise<Booted> =>
      bootCode(rig.driver, 'nodejs', await layCode(rig.home, { 'index.js': TRIES }));
    const userOf = async (booted: Booted): Promise<number> => Number(await booted.json('process.getuid()'));
    before(async () => {
      rig = await DriverRig.make({ name: 'process', cgroups });
      await mkdir(join(rig.home, 'state'));
      await writeFile(join(rig.home, 'state', 'token'), 'secret', { mode: 0o644 });
      await chmod(join(rig.home, 'state'), 0o755);
      [one, other] = [await boot(), await boot()];
    });
    after(async () => {
      await Promise.all([one.sandbox.destroy(), other.sandbox.destroy()]);
      await rig[Symbol.asyncDispose]();
    });

    test('say so in the gaps', () => {
      assert.ok(rig.hasOwnUsers, rig.driver.gaps.join('\n'));
    });

    test('run as users of their own, without other groups, capabilities or a way to gain privileges', async () => {
      const ids = idsHere(homeId(rig.home));
      const [user, second] = [await userOf(one), await userOf(other)];
      assert.ok(ids !== undefined && user >= ids.first && user < ids.first + ids.count && user !== second);
      assert.deepEqual(await one.json('[process.getgid(), process.getgroups()]'), [user, [user]]);
      const status = String(await one.json('fs.readFileSync("/proc/self/status", "utf8")'));
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        assert.match(status, new RegExp(`${set}:\\t0+\\n`));
      assert.match(status, /NoNewPrivs:\t1/);
      assert.match(status, new RegExp(`Uid:${`\\t${user}`.repeat(4)}\\n`));
    });

    test('read their code and cannot change it, whatever its mode', async () => {
      const code = await layCode(rig.home, { 'index.js': TRIES, 'open.txt': 'as deployed' });
      await chmod(join(code, 'open.txt'), 0o666);
      await chmod(code, 0o777);
      await using booted = await bootCode(rig.driver, 'nodejs', code);
      assert.equal(await booted.json('fs.readFileSync("open.txt", "utf8")'), 'as deployed');
      assert.equal(await booted.json('fs.writeFileSync("open.txt", "changed")'), 'EROFS');
      assert.equal(await booted.json('fs.writeFileSync("new.txt", "made")'), 'EROFS');
      assert.equal(await booted.json('fs.chmodSync("open.txt", 0o777)'), 'EROFS');
      assert.equal(await booted.json('fs.unlinkSync("index.js")'), 'EROFS');
      assert.equal(await booted.json('fs.readdirSync("..")'), 'EACCES');
      assert.equal(await readFile(join(code, 'open.txt'), 'utf8'), 'as deployed');
    });

    test('cannot change the programs of lam that others will run', async () => {
      for (const name of ['bootstrap-nodejs.cjs', 'bootstrap-python3/main.py', 'bootstrap-python3/__pycache__/x.pyc']) {
        const path = JSON.stringify(join(rig.assets, name));
        assert.match(String(await one.json(`fs.writeFileSync(${path}, "")`)), /^(EROFS|EACCES|ENOENT)$/, name);
      }
    });

    test('find the byte code of the Python client that the daemon compiled, and write none', async () => {
      const client = join(rig.assets, 'bootstrap-python3');
      const cache = join(client, '__pycache__');
      const compiled = async (): Promise<number> => (await readdir(cache).catch(ifCode(NO_FILE, []))).length;
      await using first = await rig.boot('python3');
      assert.equal(await first.json({ what: 'echo', value: 1 }), 1);
      const modules = (await readdir(client)).filter((name) => name.endsWith('.py')).length;
      assert.ok(modules > 5);
      assert.ok(await eventually(async () => (await compiled()) === modules));
      await rm(cache, { recursive: true });
      await using second = await rig.boot('python3');
      assert.equal(await second.json({ what: 'echo', value: 2 }), 2);
      assert.equal(await compiled(), 0);
    });

    test('see nothing of the home of lam', async () => {
      const home = JSON.stringify(rig.home);
      assert.equal(await one.json(`fs.readdirSync(${home})`), 'EACCES');
      for (const name of ['state/token', 'run/lam.sock'])
        assert.equal(await one.json(`fs.readFileSync(${home} + ${JSON.stringify(`/${name}`)})`), 'ENOENT', name);
      for (const name of ['run/own', 'run/dial', 'code'])
        assert.equal(await one.json(`fs.readdirSync(${home} + ${JSON.stringify(`/${name}`)})`), 'EACCES', name);
    });

    test('cannot enter each other’s folders', async () => {
      await one.json('fs.writeFileSync("/tmp/mine.txt", "of one", { mode: 0o666 })');
      assert.equal(await one.json('fs.readFileSync(os.tmpdir() + "/mine.txt", "utf8")'), 'of one');
      assert.equal(await other.json('fs.readFileSync("/tmp/mine.txt", "utf8")'), 'ENOENT');
      const folder = join(rig.home, 'run/own', String(await userOf(one)), 'tmp');
      assert.equal(await readFile(join(folder, 'mine.txt'), 'utf8'), 'of one');
      assert.equal(await other.json(`fs.readdirSync(${JSON.stringify(folder)})`), 'EACCES');
      assert.equal((await stat(join(folder, 'mine.txt'))).mode & 0o777, 0o600);
    });

    test('see, signal and read the memory or environment of no process but their own', async () => {
      const [pid = 0] = await pidsOf(rig.home, other.sandbox.id);
      assert.ok(pid > 0);
      for (const target of [pid, process.pid]) {
        assert.equal(await one.json(`process.kill(${target}, "SIGKILL")`), 'EPERM');
        assert.equal(await one.json(`fs.readFileSync("/proc/${target}/environ")`), 'ENOENT');
        assert.equal(await one.json(`fs.readFileSync("/proc/${target}/cmdline")`), 'ENOENT');
      }
      const pids = (await one.json(
        'fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).map(Number)',
      )) as number[];
      assert.deepEqual(pids, await pidsOf(rig.home, one.sandbox.id));
      assert.ok(await one.json('process.kill(process.pid, 0)'));
    });

    test('leave no process behind, not even one in a session of its own with no environment', async () => {
      const escaping = await boot();
      const user = await userOf(escaping);
      const { id } = escaping.sandbox;
      await escaping.json(
        'new Promise((done) => cp.spawn("/usr/bin/env", ["-i", "/usr/bin/setsid", "-f", "/bin/sleep", "300"], { stdio: "ignore" }).on("exit", done))',
      );
      assert.ok(await eventually(async () => (await pidsOf(rig.home, id)).length === 2));
      const pids = await pidsOf(rig.home, id);
      await escaping.sandbox.destroy();
      // A killed process takes a moment to be gone.
      assert.ok(await eventually(() => !pids.some(isAlive), 1000));
      await assert.rejects(stat(join(rig.home, 'run/own', String(user))), { code: 'ENOENT' });
    });

    test('end with a daemon that is killed, before another one starts', async () => {
      await using own = await DriverRig.make({ name: 'process', cgroups });
      await own.driver.close();
      const program = fileURLToPath(new URL('abandon-sandboxes.ts', import.meta.url));
      const args = [program, JSON.stringify(own.subject), own.home, own.assets];
      const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const gone = once(owner, 'exit');
      await Promise.race([once(owner.stdout, 'data'), gone]);
      const bootstraps = async (): Promise<number> =>
        (await own.remains()).filter((line) => /^process .*bootstrap/.test(line)).length;
      assert.equal(await bootstraps(), 5);
      owner.kill('SIGKILL');
      await gone;
      assert.ok(await eventually(async () => (await bootstraps()) === 0), (await own.remains()).join('\n'));
      const next = await openDriver(own.subject, own.home, own.assets);
      await next.reclaim();
      assert.deepEqual(await own.remains(), []);
      await next.close();
    });

    test('on the Runtime API have no other privileges, and an environment that no shell of root reads', async () => {
      const code = await layCode(rig.home, { bootstrap: SHOWS });
      await chmod(join(code, 'bootstrap'), 0o755);
      const environment = { LD_PRELOAD: '/no/such/library.so', ENV: '/tmp/x', QUOTES: `'"$(id)\n\n` };
      await using booted = await bootCode(rig.driver, 'provided', code, { environment });
      const [user, groups] = String(await booted.json(1)).split(' ');
      assert.equal(user, groups);
      const folder = join(rig.home, 'run/own', String(user), 'tmp');
      assert.match(await readFile(join(folder, 'status'), 'utf8'), /CapEff:\t0+\n/);
      const seen = (await readFile(join(folder, 'environ'), 'utf8')).split('\0');
      for (const [name, value] of Object.entries(environment)) assert.ok(seen.includes(`${name}=${value}`), name);
    });
  });
}
