import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import type { SandboxDriver } from '../../src/driver/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import { askEngine } from './docker-rig.ts';
import { bootCode, boundTo, layCode, StemUnderTest } from './stem-rig.ts';
import { type DriverRig, eventually, openDriver, pidsOf, remainsOf, STEMS, type Subject } from './driver-rig.ts';

/** Faulty bootstraps. */
const BROKEN = {
  'never calls': 'setInterval(() => undefined, 1000);',
  'calls and says nothing': `setInterval(() => undefined, 1000); require('node:net').connect(process.env.LAM_SOCKET).on('error', () => undefined);`,
  'ends before it calls': 'console.error("Error: no way"); process.exit(9);',
  'is deaf to init': `const socket = require('node:net').connect(process.env.LAM_SOCKET, () => {
  const meta = Buffer.from(JSON.stringify({ token: process.env.LAM_TOKEN, pid: process.pid, runtime: 'node 0' }));
  const head = Buffer.alloc(11);
  head.writeUInt32BE(7 + meta.length, 0);
  head[4] = 16;
  head.writeUInt16BE(meta.length, 9);
  socket.write(Buffer.concat([head, meta]));
});`,
} as const;

/** A clock on which long times pass quickly. */
const HURRIED: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 20, run) };

/** A driver on a home of its own whose Node bootstrap is broken. Disposing removes both. */
class BrokenHouse implements AsyncDisposable {
  readonly home: string;
  readonly driver: SandboxDriver;
  readonly #subject: Subject;

  private constructor(subject: Subject, home: string, driver: SandboxDriver) {
    this.#subject = subject;
    this.home = home;
    this.driver = driver;
  }

  static async make(rig: DriverRig, how: keyof typeof BROKEN, clock: Clock): Promise<BrokenHouse> {
    const home = await mkdtemp(join(tmpdir(), 'lam-broken-'));
    const assets = join(home, 'assets');
    await cp(rig.assets, assets, { recursive: true });
    await writeFile(join(assets, 'bootstrap-nodejs.cjs'), BROKEN[how]);
    return new BrokenHouse(rig.subject, home, await openDriver(rig.subject, home, assets, clock));
  }

  remains(): Promise<readonly string[]> {
    return remainsOf(this.#subject, this.home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.close();
    await rm(this.home, { recursive: true, force: true });
  }
}

const failing = (code: string, reason: RegExp) => (error: unknown) => {
  assert.ok(isLamError(error), String(error));
  assert.equal(error.code, code);
  assert.match(error.message, reason);
  return true;
};

/** Faults of stems. */
export function stemFaults(rig: () => DriverRig): void {
  const give = (house: BrokenHouse): Promise<StemUnderTest> => StemUnderTest.boot(house.driver, 'nodejs');

  for (const [how, clock, reason] of [
    ['never calls', HURRIED, /^a stem sandbox could not be started: it was not ready within 10 s$/],
    ['calls and says nothing', HURRIED, /^a stem sandbox could not be started: it was not ready within 10 s$/],
    // It ends by itself, however slowly a busy machine starts it.
    [
      'ends before it calls',
      systemClock,
      /^a stem sandbox could not be started: exit status 9 before it was ready.*no way/,
    ],
  ] as const) {
    test(`a stem that ${how} is given up and leaves nothing behind`, async () => {
      await using house = await BrokenHouse.make(rig(), how, clock);
      await assert.rejects(give(house), failing('LAM_DRIVER_START_FAILED', reason));
      assert.ok(await eventually(async () => (await house.remains()).length === 0), (await house.remains()).join('\n'));
    });
  }

  test('a stem that ignores init times out and leaves nothing behind', async () => {
    await using house = await BrokenHouse.make(rig(), 'is deaf to init', systemClock);
    const deaf = await give(house);
    const began = performance.now();
    const { init } = await deaf.become(await layCode(house.home, { 'index.js': '' }), { initMs: 200 });
    const tookMs = performance.now() - began;
    assert.deepEqual(init, { kind: 'timeout' });
    assert.ok(tookMs >= 200 && tookMs < 2000, `${tookMs} ms`);
    await deaf.sandbox.destroy();
    assert.ok(await eventually(async () => (await house.remains()).length === 0), (await house.remains()).join('\n'));
  });

  test('a killed stem reports its exit at once, bound or not', async () => {
    for (const runtime of STEMS) {
      const [blank, bound] = [
        await StemUnderTest.boot(rig().driver, runtime),
        await StemUnderTest.boot(rig().driver, runtime),
      ];
      const booted = await bound.become(rig().codeOf(runtime));
      for (const { sandbox } of [blank, bound]) {
        const began = performance.now();
        await killFromOutside(rig(), sandbox.id);
        const exit = await sandbox.exited;
        const tookMs = performance.now() - began;
        assert.deepEqual(exit, { code: null, signal: 'SIGKILL', outOfMemory: false });
        assert.ok(tookMs < 3000, `${tookMs} ms`);
      }
      assert.equal((await booted.invoke({ what: 'echo' })).kind, 'exit');
      await assert.rejects(
        blank.sandbox.bind(boundTo(runtime, rig().codeOf(runtime))),
        failing('LAM_DRIVER_START_FAILED', /ended before it got its code/),
      );
      await Promise.all([blank.sandbox.destroy(), bound.sandbox.destroy()]);
    }
    assert.ok(await eventually(async () => (await rig().remains()).length === 0), (await rig().remains()).join('\n'));
  });

  test('a stem that is killed while it loads its code ends init', async () => {
    await using blank = await StemUnderTest.boot(rig().driver, 'nodejs');
    const loading = blank.become(rig().codeOf('nodejs'), { handler: 'hangs.handler' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await killFromOutside(rig(), blank.sandbox.id);
    const { init } = await loading;
    assert.deepEqual(init, { kind: 'exit', exit: { code: null, signal: 'SIGKILL', outOfMemory: false } });
  });

  test('a stem refuses missing code, a second binding and binding after its end; other sandboxes refuse any binding', async () => {
    const code = rig().codeOf('nodejs');
    await using missing = await StemUnderTest.boot(rig().driver, 'nodejs');
    await assert.rejects(
      missing.sandbox.bind(boundTo('nodejs', join(rig().home, 'no-such-code'))),
      failing('LAM_STORE_ARTIFACT_LOST', /no-such-code/),
    );
    if (rig().subject.name === 'docker') {
      assert.deepEqual(await readdir(join(rig().home, 'run/docker/stems', missing.sandbox.id)), []);
    }
    await using twice = await StemUnderTest.boot(rig().driver, 'nodejs');
    await twice.sandbox.bind(boundTo('nodejs', code));
    await assert.rejects(twice.sandbox.bind(boundTo('nodejs', code)), failing('LAM_INTERNAL_INVARIANT', /once/));
    await using made = await bootCode(rig().driver, 'nodejs', code);
    await assert.rejects(made.sandbox.bind(boundTo('nodejs', code)), failing('LAM_INTERNAL_INVARIANT', /only a stem/));
    await twice.sandbox.destroy();
    await assert.rejects(twice.sandbox.bind(boundTo('nodejs', code)), failing('LAM_DRIVER_START_FAILED', /ended/));
  });
}

/** Ends the sandbox as an operator would, behind the driver's back. */
async function killFromOutside({ subject, home }: DriverRig, id: string): Promise<void> {
  if (subject.name === 'docker') {
    assert.equal((await askEngine(subject.socketPath, `/containers/lam-${id}/kill`, 'POST')).status, 204);
    return;
  }
  // While a program is exchanged for another, the kernel tells neither its environment nor its folder.
  assert.ok(await eventually(async () => (await pidsOf(home, id)).length > 0));
  for (const pid of await pidsOf(home, id)) process.kill(pid, 'SIGKILL');
}
