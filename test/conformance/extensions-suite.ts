import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { codeIn, DriverRig, eventually, type Booted, type BootOptions, type Subject } from './driver-rig.ts';
import { StemUnderTest } from './stem-rig.ts';

/** What every driver does with extensions, external and internal. */
export function extensionsConformance(subject: Subject): void {
  describe(`extensions: ${JSON.stringify(subject)}`, { concurrency: false }, () => {
    let rig: DriverRig;
    before(async () => {
      rig = await DriverRig.make(subject);
    });
    after(() => rig[Symbol.asyncDispose]());
    const start = (options: BootOptions = {}): Promise<Booted> =>
      rig.boot('provided', { fixture: 'provided-quick', ...options });
    external(() => rig, start);
    telemetry(() => rig, start);
    endings(() => rig, start);
  });
}

type Start = (options?: BootOptions) => Promise<Booted>;

function layer(rig: DriverRig, name: string): string {
  return join(codeIn(rig.home), name);
}

/** Boots a function beside the probe, which does as `probe` says. */
function withProbe(rig: DriverRig, start: Start, probe: string, options: BootOptions = {}): Promise<Booted> {
  return start({ layers: layer(rig, 'layer-probe'), environment: { PROBE: probe, OWN: 'yes' }, ...options });
}

/** What function and extensions printed. */
function lines(booted: Booted): readonly string[] {
  return booted.logs.filter(({ stream }) => stream === 'stdout').map(({ text }) => text);
}

function external(rig: () => DriverRig, start: Start): void {
  test('an external extension gets INVOKE and SHUTDOWN, and only the variables that AWS gives it', async () => {
    const booted = await withProbe(rig(), start, '');
    assert.equal(booted.init.kind, 'ready', JSON.stringify([booted.init, booted.logs]));
    assert.equal(await booted.text('count'), '1');
    await booted.sandbox.destroy();
    assert.deepEqual(lines(booted), ['variables 1 0 0', 'got INVOKE', 'got SHUTDOWN spindown']);
  });

  test('a sandbox is busy until its extension has finished, and its answer does not wait for that', async () => {
    await using booted = await withProbe(rig(), start, 'slow');
    assert.equal(await booted.text('count'), '1');
    const { settling } = booted.sandbox.session;
    assert.ok(settling !== undefined);
    assert.equal(await settling, true);
    assert.equal(booted.sandbox.session.settling, undefined);
  });

  test('an extension that ends early fails the init, and one that ends later the invocation', async () => {
    await using crashed = await withProbe(rig(), start, 'crash');
    assert.ok(crashed.init.kind === 'error');
    assert.equal(crashed.init.errorType, 'Extension.Crash');
    assert.match(Buffer.from(crashed.init.payload).toString(), /Extension probe ended: exit status 3/);
    await using missing = await withProbe(rig(), start, '', { layers: layer(rig(), 'layer-broken') });
    assert.ok(missing.init.kind === 'error');
    assert.equal(missing.init.errorType, 'Extension.LaunchError', JSON.stringify(missing.logs));
    await using left = await withProbe(rig(), start, 'leave');
    const outcome = await left.invoke('sleep 2');
    assert.ok(outcome.kind === 'error' && outcome.leaving === true);
    assert.equal(outcome.errorType, 'Extension.Crash');
  });

  test('functions on clients of lam\u2019s own have external extensions, too', async () => {
    const boot = (runtime: 'nodejs' | 'python3', probe: string): Promise<Booted> =>
      rig().boot(runtime, { layers: layer(rig(), 'layer-probe'), environment: { PROBE: probe, OWN: 'yes' } });
    for (const runtime of ['nodejs', 'python3'] as const) {
      const booted = await boot(runtime, 'listen');
      assert.equal(booted.init.kind, 'ready', JSON.stringify([booted.init, booted.logs]));
      const { AWS_LAMBDA_RUNTIME_API: address } = (await booted.json({ what: 'env' })) as Record<string, string>;
      assert.match(address ?? '', /^127\.\d+\.\d+\.\d+:\d+$/);
      await booted.sandbox.session.settling;
      await booted.json({ what: 'log' });
      await booted.sandbox.session.settling;
      await booted.sandbox.destroy();
      const said = lines(booted);
      for (const line of ['got INVOKE', 'got SHUTDOWN spindown', 'telemetry platform.report', 'telemetry function'])
        assert.ok(said.includes(line), `${runtime}: ${line} in ${JSON.stringify(said)}`);
    }
    await using crashed = await boot('nodejs', 'crash');
    assert.ok(
      crashed.init.kind === 'error' && crashed.init.errorType === 'Extension.Crash',
      JSON.stringify(crashed.init),
    );
    await using left = await boot('nodejs', 'leave');
    const outcome = await left.invoke({ what: 'sleep', ms: 5000 });
    assert.ok(outcome.kind === 'error' && outcome.errorType === 'Extension.Crash', JSON.stringify(outcome));
  });

  test('an extension that reports an error fails the init or the invocation', async () => {
    await using failed = await withProbe(rig(), start, 'init-error');
    assert.ok(failed.init.kind === 'error', JSON.stringify(failed.init));
    assert.equal(failed.init.errorType, 'Extension.InitError');
    await using left = await withProbe(rig(), start, 'exit-error');
    const outcome = await left.invoke('sleep 2');
    assert.ok(outcome.kind === 'error' && outcome.leaving === true, JSON.stringify(outcome));
    assert.equal(outcome.errorType, 'Extension.ExitError');
  });

  test('functions with extensions start from stems', async () => {
    const options = { layers: layer(rig(), 'layer-probe'), environment: { OWN: 'yes' } };
    for (const runtime of ['provided', 'python3'] as const) {
      const stem = await StemUnderTest.boot(rig().driver, runtime, options);
      const code = runtime === 'provided' ? layer(rig(), 'provided-quick') : rig().codeOf(runtime);
      const booted = await stem.become(code, options);
      assert.equal(booted.init.kind, 'ready', JSON.stringify([booted.init, booted.logs]));
      await booted.json(runtime === 'provided' ? 'count' : { what: 'log' });
      await booted.sandbox.session.settling;
      await booted.sandbox.destroy();
      const said = lines(booted);
      for (const line of ['variables 1 0 0', 'got INVOKE', 'got SHUTDOWN spindown'])
        assert.ok(said.includes(line), `${runtime}: ${line} in ${JSON.stringify(said)}`);
    }
  });
}

function telemetry(rig: () => DriverRig, start: Start): void {
  test('an extension receives telemetry of the platform and of the function', async () => {
    const booted = await withProbe(rig(), start, 'listen');
    assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.logs));
    assert.equal(await booted.text('print'), '"done"');
    await booted.sandbox.session.settling;
    const types = ['platform.initStart', 'platform.start', 'function', 'platform.runtimeDone', 'platform.report'];
    const awaited = ['subscribed yes', ...types.map((type) => `telemetry ${type}`)];
    // What is still under way when a sandbox ends may be lost.
    const isThere = (): boolean => awaited.every((line) => lines(booted).includes(line));
    assert.ok(await eventually(isThere), JSON.stringify(booted.logs));
    await booted.sandbox.destroy();
  });

  test('an internal extension gets INVOKE and telemetry over TCP', async () => {
    const booted = await start({ fixture: 'provided-internal' });
    assert.equal(booted.init.kind, 'ready', JSON.stringify([booted.init, booted.logs]));
    assert.equal(await booted.text(1), '"Extension.InvalidEventType"');
    await booted.sandbox.session.settling;
    const awaited = ['subscribed yes', 'inner got INVOKE', 'telemetry platform.start', 'telemetry platform.report'];
    const isThere = (): boolean => awaited.every((line) => lines(booted).includes(line));
    assert.ok(await eventually(isThere), JSON.stringify(booted.logs));
    await booted.sandbox.destroy();
  });
}

function endings(rig: () => DriverRig, start: Start): void {
  test('an extension is told of a time-out', async () => {
    const booted = await withProbe(rig(), start, '', { timeoutMs: 300 });
    assert.deepEqual(await booted.invoke('sleep 5'), { kind: 'timeout' });
    await booted.sandbox.destroy();
    assert.ok(lines(booted).includes('got SHUTDOWN timeout'), JSON.stringify(booted.logs));
  });

  test('an extension is told that the code ended, and the next sandbox finds its /tmp', async () => {
    const first = await withProbe(rig(), start, '');
    assert.equal(await first.text('keep file'), '"done"');
    assert.deepEqual(await first.invoke('exit 4'), {
      kind: 'exit',
      exit: { code: 4, signal: null, outOfMemory: false },
    });
    const place = await first.sandbox.vacate?.();
    assert.ok(lines(first).includes('got SHUTDOWN failure'), JSON.stringify(first.logs));
    assert.ok(place !== undefined, 'it keeps its place');
    const second = await withProbe(rig(), start, '', { place });
    assert.equal(second.init.kind, 'ready', JSON.stringify([second.init, second.logs]));
    assert.equal(await second.text('kept file'), 'true');
    await second.sandbox.destroy();
    assert.ok(lines(second).includes('got SHUTDOWN spindown'), JSON.stringify(second.logs));
    assert.ok(await eventually(async () => (await rig().remains()).length === 0), (await rig().remains()).join('\n'));
  });

  test('one that does not end by itself is ended', async () => {
    const booted = await withProbe(rig(), start, 'stay');
    assert.equal(await booted.text('count'), '1');
    await booted.sandbox.destroy();
    assert.ok(lines(booted).includes('got SHUTDOWN spindown'), JSON.stringify(booted.logs));
    assert.ok(await eventually(async () => (await rig().remains()).length === 0), (await rig().remains()).join('\n'));
  });
}
