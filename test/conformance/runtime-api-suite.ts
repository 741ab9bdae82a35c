import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { asRequestId } from '../support/ids.ts';
import { bootCode, layCode, StemUnderTest } from './stem-rig.ts';
import { DriverRig, eventually, type Booted, type BootOptions, type Subject } from './driver-rig.ts';

/** Guarantees of the Runtime API, with a client that is as quick as one can be, on each driver. */
export function runtimeApiConformance(subject: Subject): void {
  describe(`the Runtime API: ${JSON.stringify(subject)}`, { concurrency: false }, () => {
    let rig: DriverRig;
    before(async () => {
      rig = await DriverRig.make(subject);
    });
    after(() => rig[Symbol.asyncDispose]());
    const start = (options: BootOptions = {}): Promise<Booted> =>
      rig.boot('provided', { fixture: 'provided-quick', ...options });

    test('all that was printed before an answer, a half line too, is read when the answer arrives', async () => {
      await using booted = await start();
      for (let call = 0; call < 50; call += 1) {
        const requestId = asRequestId(crypto.randomUUID());
        await booted.text('print', { requestId });
        const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
        assert.deepEqual(printedIn(booted, requestId, 'stdout'), [...lines, 'half a line'], `call ${call}`);
        assert.deepEqual(printedIn(booted, requestId, 'stderr'), ['to stderr'], `call ${call}`);
      }
    });

    test('a half line is read before a time-out and before an exit', async () => {
      for (const [event, kind, said] of [
        ['sleep 5', 'timeout', 'sleeps'],
        ['exit 4', 'exit', 'exits'],
      ] as const) {
        await using booted = await start({ timeoutMs: 500 });
        const requestId = asRequestId(crypto.randomUUID());
        assert.equal((await booted.invoke(event, { requestId })).kind, kind);
        assert.deepEqual(printedIn(booted, requestId, 'stdout'), [said]);
      }
    });

    test('an invocation given to a process that ends after its answer is returned unstarted', async () => {
      for (let round = 0; round < 5; round += 1) {
        await using booted = await start();
        assert.equal(await booted.text('count'), '1');
        assert.equal(await booted.text('leave'), '"done"');
        // Where the process has ended already, and where it is about to.
        if (round % 2 === 1) await booted.sandbox.exited;
        assert.deepEqual(await booted.invoke('count'), { kind: 'unstarted', hasEnded: true });
        assert.deepEqual(await booted.sandbox.exited, { code: 0, signal: null, outOfMemory: false });
      }
    });

    test('a sandbox in the place of one that timed out or ended finds its /tmp, and none of its memory', async () => {
      for (const event of ['sleep 5', 'exit 4']) {
        await using first = await start({ timeoutMs: 500 });
        assert.equal(await first.text('keep file'), '"done"');
        assert.equal(await first.text('count'), '2');
        assert.notEqual((await first.invoke(event)).kind, 'result');
        const place = await first.sandbox.vacate?.();
        assert.ok(place !== undefined, 'it keeps its place');
        assert.ok((await first.sandbox.exited).signal !== null || event === 'exit 4');
        await using second = await start({ place });
        assert.equal(second.init.kind, 'ready');
        assert.equal(await second.text('kept file'), 'true');
        assert.equal(await second.text('count'), '2');
        assert.equal(await second.text('keep other'), '"done"');
        await second.sandbox.destroy();
        await place.discard();
        await using third = await start();
        assert.equal(await third.text('kept file'), 'false');
      }
      assert.ok(await eventually(async () => (await rig.remains()).length === 0), (await rig.remains()).join('\n'));
    });

    test('so does one of a function on a client of lam\u2019s own, also one that was a stem', async () => {
      const code = await layCode(rig.home, {
        'index.js': `const fs = require('node:fs');
let calls = 0;
exports.handler = async ({ wait }) => {
  const file = (process.env.TMPDIR ?? '/tmp') + '/calls';
  fs.appendFileSync(file, 'x');
  if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
  return [fs.readFileSync(file, 'utf8').length, ++calls];
};`,
      });
      await using first = await (await StemUnderTest.boot(rig.driver, 'nodejs')).become(code, { timeoutMs: 300 });
      assert.deepEqual(await first.json({}), [1, 1]);
      assert.deepEqual(await first.invoke({ wait: 5000 }), { kind: 'timeout' });
      const place = await first.sandbox.vacate?.();
      assert.ok(place !== undefined);
      await using second = await bootCode(rig.driver, 'nodejs', code, { place });
      assert.deepEqual(await second.json({}), [3, 1]);
      await second.sandbox.destroy();
      assert.ok(await eventually(async () => (await rig.remains()).length === 0), (await rig.remains()).join('\n'));
    });

    test('a place that no sandbox takes leaves nothing behind', async () => {
      await using first = await start();
      assert.equal(await first.text('keep file'), '"done"');
      if (first.sandbox.vacate === undefined) return;
      const place = await first.sandbox.vacate();
      await Promise.all([place?.discard(), place?.discard()]);
      assert.equal(await first.sandbox.vacate?.(), undefined);
      assert.ok(await eventually(async () => (await rig.remains()).length === 0), (await rig.remains()).join('\n'));
    });

    test('the peak memory of code that exits while it loads is known', async () => {
      await using booted = await start({ environment: { QUICK_INIT: 'exit' } });
      assert.deepEqual(booted.init, { kind: 'exit', exit: { code: 3, signal: null, outOfMemory: false } });
      // Without a control group nothing is known of a process that was gone before it was looked at.
      const isUnknown = rig.driver.gaps.some((gap) => gap.startsWith('memory is checked'));
      if (!isUnknown) assert.ok(booted.sandbox.peakMemoryMiB() > 1);
    });
  });
}

function printedIn(booted: Booted, requestId: string, stream: string): readonly string[] {
  return booted.logs.filter((log) => log.requestId === requestId && log.stream === stream).map((log) => log.text);
}
