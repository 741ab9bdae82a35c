import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';

import {
  ARN,
  type Boot,
  DriverRig,
  eventually,
  hooksOf,
  NATIVE,
  openDriver,
  residentMiB,
  specOf,
  type Subject,
} from './driver-rig.ts';
import { faultsIn } from './fault-suite.ts';
import { layers } from './layers-suite.ts';
import { formsOfHandlers } from './forms-suite.ts';
import { sendingAhead } from './sent-ahead-suite.ts';
import { stemFaults } from './stem-faults-suite.ts';
import { stems } from './stem-suite.ts';
import { ifCode } from '../support/if-code.ts';
import { asRequestId } from '../support/ids.ts';

/** Codes by which `create` fails when its driver closes in the middle. */
const CLOSED_DRIVER = ['LAM_EXECUTOR_CANCELLED', 'LAM_DRIVER_START_FAILED'];

/** Guarantees of every driver, with every bootstrap. All sandboxes are real. */
export function driverConformance(subject: Subject): void {
  describe(`what every driver does: ${JSON.stringify(subject)}`, { concurrency: false }, () => {
    let rig: DriverRig;
    before(async () => {
      rig = await DriverRig.make(subject);
    });
    after(() => rig[Symbol.asyncDispose]());
    const boot: Boot = (runtime, options) => rig.boot(runtime, options);
    answers(boot);
    output(boot);
    surroundings(boot, () => rig);
    faultsIn(boot);
    formsOfHandlers(boot);
    sendingAhead(boot);
    stems(() => rig, subject);
    layers(() => rig);
    stemFaults(() => rig);
    endings(boot, () => rig);
  });
}

function answers(boot: Boot): void {
  for (const runtime of NATIVE) {
    test(`${runtime}: answers byte for byte, large and in any script`, async () => {
      await using booted = await boot(runtime);
      assert.ok(booted.init.kind === 'ready' && booted.init.durationMs > 0, JSON.stringify(booted.init));
      for (const value of ['plain', 'ü漢字🎈"\\', '', 0, null, [[]], 'é'.repeat(3 * 1024 * 1024 - 64)]) {
        assert.ok(
          (await booted.text({ what: 'echo', value })) === JSON.stringify(value),
          JSON.stringify(value).slice(0, 40),
        );
      }
    });

    test(`${runtime}: gives the handler its context`, async () => {
      await using booted = await boot(runtime, { timeoutMs: 7000 });
      const requestId = crypto.randomUUID();
      const custom = { of: 'client' };
      const seen = (await booted.json(
        { what: 'context' },
        { requestId: asRequestId(requestId), clientContext: JSON.stringify({ custom }) },
      )) as {
        remainingMs: number;
      };
      const { remainingMs, ...rest } = seen;
      assert.ok(remainingMs > 4000 && remainingMs <= 7000, `${remainingMs}`);
      assert.deepEqual(rest, {
        ...{
          requestId,
          name: 'any',
          version: '7',
          arn: ARN,
          memory: '128',
          group: '/aws/lambda/any',
          stream: 'stream',
        },
        custom,
      });
    });

    test(`${runtime}: discards an answer that is too large, and lives on`, async () => {
      await using booted = await boot(runtime);
      assert.deepEqual(await booted.invoke({ what: 'large', length: 6_291_555 }), {
        kind: 'too-large',
        bytes: 6_291_557,
      });
      assert.equal((await booted.text({ what: 'large', length: 6_291_554 })).length, 6_291_556);
    });

    test(`${runtime}: says after the first answer how much memory it took`, async () => {
      await using booted = await boot(runtime);
      await booted.json({ what: 'echo', value: 1 });
      const used = booted.sandbox.peakMemoryMiB();
      assert.ok(used > 1 && used < 128, `${used} MiB`);
    });

    test(`${runtime}: answers while timers are open, and serves on`, async () => {
      await using booted = await boot(runtime);
      assert.equal(await booted.json({ what: 'timers' }), 'open');
      assert.equal(await booted.json({ what: 'echo', value: 1 }), 1);
    });
  }

  test('provided: answers and serves on', async () => {
    await using booted = await boot('provided');
    assert.equal(booted.init.kind, 'ready');
    assert.equal(await booted.text({ a: 'ü' }), '{"a":"ü"}');
    assert.equal(await booted.text(2), '2');
  });
}

function output(boot: Boot): void {
  for (const runtime of NATIVE) {
    test(`${runtime}: delivers printed lines in order, with their request ids`, async () => {
      await using booted = await boot(runtime);
      const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
      await booted.text({ what: 'log' }, { requestId: asRequestId(first) });
      await booted.text({ what: 'log' }, { requestId: asRequestId(second) });
      const printed = [
        ['stdout', 'one'],
        ['stderr', 'two'],
        ['stdout', 'three'],
        ['stdout', 'four'],
        ['stdout', 'unended'],
      ];
      // The number of lines per record depends on the runtime: Node makes one record per call, Python one per write.
      assert.deepEqual(
        booted.logs.flatMap(({ stream, text, requestId }) => text.split('\n').map((line) => [stream, line, requestId])),
        [first, second].flatMap((requestId) => printed.map((line) => [...line, requestId])),
      );
    });

    test(`${runtime}: treats printed lines that look like lam's or AWS's own as plain output`, async () => {
      await using booted = await boot(runtime);
      const lines = [
        'REPORT RequestId: 1\tDuration: 1 ms',
        'START RequestId: 1 Version: $LATEST',
        '{"type":"platform.report","record":{}}',
        '\u0000\u0000\u0000\u0008\u0011{"durationMs":1}',
        'LAM_TOKEN=1',
      ];
      assert.equal(await booted.json({ what: 'lines', lines }), null);
      assert.deepEqual(
        booted.logs.map((l) => l.text),
        lines,
      );
      // A whole RESULT frame for the invocation that runs, past the bootstrap.
      const frame = Buffer.from([0, 0, 0, 8, 19, 0, 0, 0, 2, 0, 0, 0x31, 10]).toString('base64');
      assert.equal(await booted.json({ what: 'raw', base64: frame, ms: 1 }), null);
      assert.equal(await booted.json({ what: 'echo', value: 'after' }), 'after');
      assert.ok(!booted.logs.some((l) => l.stream === 'protocol'), JSON.stringify(booted.logs));
    });

    test(`${runtime}: passes 20 MB of output on without buffering it`, async () => {
      const [before, lines] = [residentMiB(), 20_000];
      let [seen, most] = [0, 0];
      const onLog = (text: string): void => {
        seen += text.length;
        if (seen % (1023 * 500) === 0) most = Math.max(most, residentMiB());
      };
      await using booted = await boot(runtime, { onLog, timeoutMs: 30_000 });
      assert.equal(await booted.json({ what: 'flood', lines }), 'printed');
      assert.equal(seen, lines * 1023);
      assert.ok(most - before < 64, `grew by ${most - before} MiB`);
    });
  }

  test('provided: delivers printed lines with their request ids', async () => {
    await using booted = await boot('provided');
    const ids = [crypto.randomUUID(), crypto.randomUUID()];
    for (const requestId of ids) await booted.text(1, { requestId: asRequestId(requestId) });
    assert.ok(await eventually(() => booted.logs.length === 3), JSON.stringify(booted.logs));
    assert.deepEqual(booted.logs, [
      { stream: 'stdout', text: 'init of bootstrap', requestId: '' },
      ...ids.map((requestId) => ({ stream: 'stdout', text: `request ${requestId}`, requestId })),
    ]);
  });
}

/**
 * Variables that a function may find in its environment besides its own. Python adds LC_CTYPE if LANG is not available.
 */
const KNOWN = [
  'LC_CTYPE',
  'HOME',
  'HOSTNAME',
  'LAMBDA_TASK_ROOT',
  'LANG',
  'PATH',
  'PWD',
  'TMPDIR',
  'TZ',
  '_X_AMZN_TRACE_ID',
];

function surroundings(boot: Boot, rig: () => DriverRig): void {
  for (const runtime of NATIVE) {
    test(`${runtime}: sees its own environment and nothing of the daemon's`, async () => {
      process.env['LEAK_OF_THE_TEST'] = 'yes';
      try {
        await using booted = await boot(runtime, { environment: { OWN: 'ü=1', PATH_OF_OWN: '' } });
        const { OWN, PATH_OF_OWN, ...rest } = (await booted.json({ what: 'env' })) as Record<string, string>;
        assert.deepEqual([OWN, PATH_OF_OWN], ['ü=1', '']);
        const odd = Object.keys(rest).filter(
          (name) => !KNOWN.includes(name) && !['SHLVL', 'OLDPWD', '_'].includes(name),
        );
        assert.deepEqual(odd, []);
        assert.notEqual(rest['HOME'], process.env['HOME']);
        assert.equal(rest['LAMBDA_TASK_ROOT'], booted.sandbox.taskRoot);
      } finally {
        delete process.env['LEAK_OF_THE_TEST'];
      }
    });
  }

  test('lets the code write to its temporary folder, and to its own files only where the driver cannot prevent it', async () => {
    for (const runtime of NATIVE) {
      await using booted = await boot(runtime);
      const { code, tmp } = (await booted.json({ what: 'write' })) as { code: string; tmp: string };
      assert.equal(tmp, 'allowed');
      if (rig().hasOwnUsers) assert.equal(code, 'refused');
    }
  });
}

function endings(boot: Boot, rig: () => DriverRig): void {
  for (const runtime of [...NATIVE, 'provided'] as const) {
    test(`${runtime}: leaves nothing behind when it is destroyed in any state`, async () => {
      const idle = await boot(runtime);
      const busy = await boot(runtime);
      const event = runtime === 'provided' ? 'sleep' : { what: 'sleep', ms: 60_000 };
      const outcome = busy.invoke(event);
      if (runtime !== 'provided') assert.equal(await idle.json({ what: 'child' }), 'left');
      assert.notDeepEqual(await rig().remains(), []);
      await Promise.all([idle.sandbox.destroy(), busy.sandbox.destroy(), busy.sandbox.destroy()]);
      assert.equal((await outcome).kind, 'exit');
      assert.equal((await idle.sandbox.exited).signal, 'SIGKILL');
      assert.equal((await idle.invoke(event)).kind, 'exit');
      assert.ok(await eventually(async () => (await rig().remains()).length === 0), (await rig().remains()).join('\n'));
    });
  }

  test('settles no later than its process ends', async () => {
    const took: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const booted = await boot('nodejs');
      const began = performance.now();
      await booted.sandbox.destroy();
      took.push(performance.now() - began);
    }
    // The best of three, because other work may delay any of them.
    assert.ok(Math.min(...took) < 400, `${took.join(', ')} ms`);
  });

  test('that boots while its driver closes is not left behind', async () => {
    await using own = await DriverRig.make(rig().subject);
    const spec = specOf('nodejs', null);
    const asked = own.driver.create(spec, hooksOf([])).catch(ifCode(CLOSED_DRIVER, undefined));
    // Late enough for folders, control groups and a process to exist.
    await eventually(async () => (await own.remains()).length > 0);
    await own.driver.close();
    assert.deepEqual(await own.remains(), []);
    await asked;
  });

  test('finds and ends what a killed daemon left', async () => {
    const { subject } = rig();
    await using own = await DriverRig.make(subject);
    await own.driver.close();
    const program = fileURLToPath(new URL('abandon-sandboxes.ts', import.meta.url));
    const owner = spawn(process.execPath, [program, JSON.stringify(subject), own.home, own.assets], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = once(owner, 'exit');
    await Promise.race([once(owner.stdout, 'data'), gone]);
    assert.equal(owner.exitCode, null);
    assert.notDeepEqual(await own.remains(), []);
    owner.kill('SIGKILL');
    await gone;
    const next = await openDriver(subject, own.home, own.assets);
    try {
      const { containers } = await next.reclaim();
      assert.equal(containers, subject.name === 'docker' ? 5 : 0);
      assert.deepEqual(await own.remains(), []);
      assert.deepEqual(await next.reclaim(), { containers: 0, processes: 0, files: 0 });
    } finally {
      await next.close();
    }
  });
}
