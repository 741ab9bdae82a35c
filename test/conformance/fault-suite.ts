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
  ruby: [
    ['throw', 'Function<KeyError>', /^thrown$/],
    ['reject', 'Function<TypeError>', /^rejected$/],
    ['unserialisable', 'Function<JSON::GeneratorError>', /NaN/],
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
  ruby: [
    ['absent.handler', 'Init<LoadError>'],
    ['dependency.handler', 'Init<LoadError>'],
    ['lambda_function.absent', 'Init<NoMethodError>'],
    ['lambda_function.Absent.handler', 'Init<NameError>'],
    ['syntax.handler', 'Init<SyntaxError>'],
    ['lambda_function', 'Init<ArgumentError>'],
    ['../lambda_function.lambda_handler', 'Init<ArgumentError>'],
    ['throws.handler', 'Init<IndexError>'],
  ],
} as const;

/** By runtime: a handler that cannot be loaded, and the whole stack of its error; files are named as the author knows them. */
const PLACES = {
  nodejs: [
    [
      'syntax.handler',
      [
        'Runtime.UserCodeSyntaxError: SyntaxError: Unexpected end of input',
        'syntax.js:1',
        'exports.handler = (',
        '                   ^',
      ],
    ],
    [
      'dependency.handler',
      [
        "Runtime.ImportModuleError: Error: Cannot find module 'no-such-package'",
        'Require stack:',
        '- dependency.js',
        'dependency.js:1',
        "require('no-such-package');",
        '^',
        '    at Object.<anonymous> (dependency.js:1:1)',
      ],
    ],
    ['index', ['Runtime.MalformedHandlerName: Bad handler', "'index' is not of the form FILE.EXPORT"]],
    ['throws.handler', ['RangeError: while loading', '    at Object.<anonymous> (throws.js:1:7)']],
    [
      'broken.handler',
      [
        "Runtime.UserCodeSyntaxError: SyntaxError: Unexpected token ';'",
        'broken.mjs:2',
        '  const one = ;',
        '              ^',
      ],
    ],
  ],
  python3: [
    ['syntax.handler', ['  File "syntax.py" Line 1\n    def lambda_handler(:\n                       ^\n']],
    ['dependency.handler', ['  File "dependency.py", line 1, in <module>\n    import no_such_package\n']],
    ['throws.handler', ['  File "throws.py", line 1, in <module>\n    raise OverflowError("while loading")\n']],
  ],
  ruby: [
    [
      'absent.handler',
      [
        'looked for: absent.rb',
        'in its folder: dependency.rb, exits.rb, forms.rb, hangs.rb, lambda_function.rb, syntax.rb, throws.rb',
      ],
    ],
    ['forms.Octets.absent', ['forms.rb defines answer']],
  ],
} as const;

/** By runtime: where the handler throws for the event `throw`. */
const THROWN = {
  nodejs:
    /^RangeError: thrown\n {4}at (?:Object\.)?throw \(index\.js:\d+:\d+\)\n {4}at (?:async )?exports\.handler \(index\.js:\d+:\d+\)$/,
  python3:
    /^ {2}File "lambda_function\.py", line \d+, in lambda_handler\n[^]*File "lambda_function\.py", line \d+, in [^]*thrown[^]*$/,
  ruby: /^lambda_function\.rb:\d+:in [`']\S*lambda_handler'$/,
} as const;

const exit = (code: number | null, more: { signal?: 'SIGKILL'; outOfMemory?: boolean } = {}): InvokeOutcome => ({
  kind: 'exit',
  exit: { code, signal: more.signal ?? null, outOfMemory: more.outOfMemory ?? false },
});

/** The stack of an error, under the name that AWS gives it in either runtime. */
function stackOf(outcome: Parameters<typeof errorOf>[0]): readonly string[] {
  const document = errorOf(outcome);
  return (document['trace'] ?? document['stackTrace']) as readonly string[];
}

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

    test(`${runtime}: shows errors with the author's lines and no others`, async () => {
      for (const [handler, place] of PLACES[runtime]) {
        await using booted = await boot(runtime, { handler });
        // Where sandboxes have no users of their own, another test has written there.
        const stack = stackOf(booted.init).map((line) => line.replace(/, written$/, ''));
        assert.deepEqual(stack, place, handler);
      }
      await using booted = await boot(runtime);
      assert.match(stackOf(await booted.invoke({ what: 'throw' })).join('\n'), THROWN[runtime]);
    });

    test(`${runtime}: distinguishes an init that exits, one that hangs and one that fails`, async () => {
      await using exits = await boot(runtime, { handler: 'exits.handler' });
      assert.deepEqual(exits.init, exit(4));
      assert.ok(exits.sandbox.peakMemoryMiB() > 1, 'its memory is known');
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
