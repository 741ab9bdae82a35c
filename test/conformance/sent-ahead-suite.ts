import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NATIVE, type Boot, type Booted } from './driver-rig.ts';
import { asRequestId } from '../support/ids.ts';

/** Names of the steps that ran, in their order. */
const ran = (booted: Booted): readonly string[] =>
  booted.logs.flatMap(({ text }) => /^ran (.+)$/.exec(text)?.[1] ?? []);

/** Invocations that are sent before the one ahead of them has answered. */
export function sendingAhead(boot: Boot): void {
  for (const runtime of NATIVE) {
    test(`${runtime}: runs invocations sent ahead one at a time in order, or returns them unstarted`, async () => {
      await using booted = await boot(runtime);
      const names = Array.from({ length: 40 }, (_, i) => `${i}`);
      const ids = names.map(() => crypto.randomUUID());
      const outcomes = await Promise.all(
        names.map((name, i) => booted.invoke({ what: 'step', name }, { requestId: asRequestId(ids[i] ?? '') })),
      );
      for (const outcome of outcomes) {
        // The number of handlers that still run when one of them ends.
        if (outcome.kind === 'result') assert.equal(Buffer.from(outcome.payload).toString(), '0');
        else assert.equal(outcome.kind, 'unstarted');
      }
      assert.equal(outcomes[0]?.kind, 'result');
      assert.deepEqual(
        ran(booted),
        names.filter((_, i) => outcomes[i]?.kind === 'result'),
      );
      for (const { text, requestId } of booted.logs) assert.equal(requestId, ids[Number(text.slice('ran '.length))]);
    });

    test(`${runtime}: never starts an invocation behind one that exits`, async () => {
      for (const first of [{ what: 'exit', code: 0 }, { what: 'exit', code: 3 }, { what: 'kill' }]) {
        await using booted = await boot(runtime);
        const [ended, ...behind] = await Promise.all([
          booted.invoke(first),
          booted.invoke({ what: 'step', name: 'b' }),
          booted.invoke({ what: 'step', name: 'c' }),
        ]);
        assert.equal(ended.kind, 'exit');
        assert.deepEqual(behind, [{ kind: 'unstarted' }, { kind: 'unstarted' }]);
        assert.deepEqual(ran(booted), []);
      }
    });

    test(`${runtime}: never starts an invocation behind one that loops until it times out`, async () => {
      await using booted = await boot(runtime, { timeoutMs: 200 });
      const first = booted.invoke({ what: 'loop' });
      const behind = booted.invoke({ what: 'step', name: 'b' });
      assert.deepEqual(await first, { kind: 'timeout' });
      await booted.sandbox.destroy();
      assert.deepEqual(await behind, { kind: 'unstarted' });
      assert.deepEqual(ran(booted), []);
    });

    test(`${runtime}: attributes raw output to the running invocation`, async () => {
      await using booted = await boot(runtime);
      const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
      const base64 = Buffer.from('raw\n').toString('base64');
      await Promise.all([
        booted.invoke({ what: 'raw', base64, ms: 200 }, { requestId: asRequestId(first) }),
        booted.invoke({ what: 'echo', value: 1 }, { requestId: asRequestId(second) }),
      ]);
      assert.deepEqual(booted.logs, [{ stream: 'stdout', text: 'raw', requestId: first }]);
    });
  }

  for (const runtime of NATIVE) {
    test(`${runtime}: returns an invocation that waits behind a slow one`, async () => {
      await using booted = await boot(runtime);
      const order: string[] = [];
      const first = booted.invoke({ what: 'sleep', ms: 400 }).finally(() => order.push('first'));
      const behind = ['b', 'c'].map((name) => booted.invoke({ what: 'step', name }).finally(() => order.push(name)));
      assert.deepEqual(await Promise.all(behind), [{ kind: 'unstarted' }, { kind: 'unstarted' }]);
      assert.deepEqual(order.toSorted(), ['b', 'c']);
      assert.equal((await first).kind, 'result');
      assert.deepEqual(ran(booted), []);
      assert.equal(await booted.json({ what: 'step', name: 'd' }), 0);
    });
  }

  test('nodejs: never starts an invocation behind an uncaught error', async () => {
    await using booted = await boot('nodejs');
    const [crashed, behind] = await Promise.all([
      booted.invoke({ what: 'crash' }),
      booted.invoke({ what: 'step', name: 'b' }),
    ]);
    assert.ok(crashed.kind === 'error' && crashed.leaving === true);
    assert.deepEqual(behind, { kind: 'unstarted' });
    assert.deepEqual(ran(booted), []);
  });
}
