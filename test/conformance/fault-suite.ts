import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { InvokeOutcome } from '../../src/executor/index.ts';
import { errorOf, NATIVE, type Boot } from './driver-rig.ts';

/** By runtime and event: the type and the message of the error that is answered. */
const ERRORS = {
  nodejs: [
    ['throw', 'RangeError', /^thrown$/],
    ['reject', 'TypeError', /^rejected$/],
    ['unserialisable', 'Runtime.MarshalError', /BigInt/],
  ],
  python3: [
    ['throw', 'KeyError', /thrown/],
    ['reject', 'TypeError', /^rejected$/],
    ['unserialisable', 'Runtime.MarshalError', /not JSON serializable/],
  ],
} as const;

/** By runtime: a handler that cannot be loaded, and the type of the error that init reports. */
const INIT_ERRORS = {
  nodejs: [
    ['absent.handler', 'Runtime.ImportModuleError'],
    ['dependency.handler', 'Runtime.ImportModuleError'],
    ['index.absent', 'Runtime.HandlerNotFound'],
    ['syntax.handler', 'Runtime.UserCodeSyntaxError'],
    ['index', 'Runtime.MalformedHandlerName'],
    ['../index.handler', 'Runtime.MalformedHandlerName'],
    ['throws.handler', 'RangeError'],
  ],
  python3: [
    ['absent.handler', 'Runtime.ImportModuleError'],
    ['dependency.handler', 'Runtime.ImportModuleError'],
    ['lambda_function.absent', 'Runtime.HandlerNotFound'],
    ['syntax.handler', 'Runtime.UserCodeSyntaxError'],
    ['lambda_function', 'Runtime.MalformedHandlerName'],
    ['throws.handler', 'OverflowError'],
  ],
} as const;

const exit = (code: number | null, more: { signal?: 'SIGKILL'; outOfMemory?: boolean } = {}): InvokeOutcome => ({
  kind: 'exit',
  exit: { code, signal: more.signal ?? null, outOfMemory: more.outOfMemory ?? false },
});

/** Faults of code, and the outcomes that the session reports. */
export function faultsIn(boot: Boot): void {
  test('a function that opens 2,000 connections to its socket takes none from others', async () => {
    await using hostile = await boot('nodejs');
    await using warm = await boot('nodejs');
    const flood = hostile.json({ what: 'dial', count: 2000, ms: 3000 });
    for (let i = 0; i < 10; i++) assert.equal(await warm.json({ what: 'echo', value: i }), i);
    await using cold = await boot('nodejs');
    assert.equal(await cold.json({ what: 'echo', value: 'cold' }), 'cold');
    assert.equal(await flood, 0, 'connections that the daemon holds');
  });

  for (const runtime of NATIVE) {
    test(`${runtime}: reports errors of the handler with AWS's types, and lives on`, async () => {
      await using booted = await boot(runtime);
      for (const [what, type, message] of ERRORS[runtime]) {
        const outcome = await booted.invoke({ what });
        const document = errorOf(outcome);
        assert.equal(document['errorType'], type);
        assert.match(String(document['errorMessage']), message);
        assert.ok(outcome.kind === 'error' && outcome.errorType === type && outcome.leaving === undefined);
      }
      assert.equal(await booted.json({ what: 'echo', value: 1 }), 1);
    });

    test(`${runtime}: reports code that cannot be loaded with AWS's types, and ends`, async () => {
      for (const [handler, type] of INIT_ERRORS[runtime]) {
        await using booted = await boot(runtime, { handler });
        assert.equal(errorOf(booted.init)['errorType'], type, handler);
        assert.ok(booted.init.kind === 'error' && booted.init.errorType === type);
        assert.deepEqual(await booted.sandbox.exited, { code: 1, signal: null, outOfMemory: false }, handler);
      }
    });

    test(`${runtime}: distinguishes an init that exits, one that hangs and one that fails`, async () => {
      await using exits = await boot(runtime, { handler: 'exits.handler' });
      assert.deepEqual(exits.init, exit(4));
      await using hangs = await boot(runtime, { handler: 'hangs.handler', initMs: 200 });
      assert.deepEqual(hangs.init, { kind: 'timeout' });
    });

    test(`${runtime}: times out while it waits and while it loops, and can be destroyed`, async () => {
      for (const event of [{ what: 'sleep', ms: 60_000 }, { what: 'loop' }]) {
        await using booted = await boot(runtime, { timeoutMs: 200 });
        const began = performance.now();
        assert.deepEqual(await booted.invoke(event), { kind: 'timeout' });
        const tookMs = performance.now() - began;
        assert.ok(tookMs >= 200 && tookMs < 1500, `${tookMs} ms`);
        await booted.sandbox.destroy();
        assert.equal((await booted.sandbox.exited).signal, 'SIGKILL');
      }
    });

    test(`${runtime}: settles with the exit status of a process that ends or is killed`, async () => {
      for (const code of [0, 3]) {
        await using booted = await boot(runtime);
        assert.deepEqual(await booted.invoke({ what: 'exit', code }), exit(code));
        assert.deepEqual({ kind: 'exit', exit: await booted.sandbox.exited }, exit(code));
        assert.deepEqual(await booted.invoke({ what: 'echo', value: 1 }), exit(code));
      }
      await using killed = await boot(runtime);
      assert.deepEqual(await killed.invoke({ what: 'kill' }), exit(null, { signal: 'SIGKILL' }));
    });

    test(`${runtime}: reports that it ran out of memory`, async () => {
      await using hungry = await boot(runtime, { memoryMiB: 128, timeoutMs: 30_000 });
      const outcome = await hungry.invoke({ what: 'hog' });
      assert.ok(outcome.kind === 'exit' && outcome.exit.outOfMemory, JSON.stringify([outcome, hungry.logs]));
    });
  }

  test('nodejs: reports that it ran out of memory when V8\u2019s heap is full', async () => {
    await using hungry = await boot('nodejs', { memoryMiB: 128, timeoutMs: 30_000 });
    const outcome = await hungry.invoke({ what: 'heap' });
    assert.ok(outcome.kind === 'exit' && outcome.exit.outOfMemory, JSON.stringify([outcome, hungry.logs]));
  });

  test('nodejs: attributes an uncaught error to the running invocation', async () => {
    await using booted = await boot('nodejs');
    const outcome = await booted.invoke({ what: 'crash' });
    assert.equal(errorOf(outcome)['errorMessage'], 'stray');
    assert.ok(outcome.kind === 'error' && outcome.leaving === true);
    assert.deepEqual(await booted.sandbox.exited, { code: 129, signal: null, outOfMemory: false });
  });

  test('provided: fails, exceeds the size limit, times out, exits and fails in init', async () => {
    await using booted = await boot('provided', { timeoutMs: 2000 });
    assert.equal(errorOf(await booted.invoke('error'))['errorType'], 'Asked');
    assert.deepEqual(await booted.invoke('huge'), { kind: 'too-large', bytes: 7_000_000 });
    assert.deepEqual(await booted.invoke('sleep'), { kind: 'timeout' });
    await using exits = await boot('provided');
    assert.deepEqual(await exits.invoke('exit'), exit(7));
    await using killed = await boot('provided');
    assert.deepEqual(await killed.invoke('killed'), exit(null, { signal: 'SIGKILL' }));
    await using broken = await boot('provided', { environment: { FAIL_INIT: 'yes' } });
    assert.equal(errorOf(broken.init)['errorType'], 'Runtime.NoSuchThing');
    assert.deepEqual(await broken.sandbox.exited, { code: 3, signal: null, outOfMemory: false });
  });
}
