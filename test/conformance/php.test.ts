import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BootstrapHouse, type BootedProcess, type BootOptions } from './bootstrap-house.ts';

const ANY = join(import.meta.dirname, '../fixtures/functions/php-any');
const FILES = ['index', 'dependency', 'exits', 'hangs', 'other', 'syntax', 'throws'].map((name) => `${name}.php`);

/** Handlers that cannot be loaded: type, message, and stack of their error. */
const FAULTS: readonly (readonly [handler: string, type: string, message: RegExp, stack: readonly string[]])[] = [
  [
    'absent.handler',
    'Runtime.ImportModuleError',
    /^Unable to load file 'absent\.php'$/,
    ['looked for: absent.php', `in its folder: ${FILES.toSorted().join(', ')}`],
  ],
  ['other.handler', 'Runtime.HandlerNotFound', /^Function 'handler' is not/, ['other.php defines answer']],
  ['syntax.handler', 'Runtime.UserCodeSyntaxError', /^syntax error, unexpected token "\{"/, ['syntax.php:3']],
  ['throws.handler', 'OverflowException', /^while loading$/, ['throws.php:3']],
  ['index', 'Runtime.MalformedHandlerName', /must read 'file\.function'$/, []],
  ['../index.handler', 'Runtime.MalformedHandlerName', /must read 'file\.function'$/, []],
];

interface ErrorAnswer {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

function documentOf(outcome: { readonly kind: string; readonly payload?: Uint8Array }): ErrorAnswer {
  assert.equal(outcome.kind, 'error', JSON.stringify(outcome));
  return JSON.parse(Buffer.from(outcome.payload ?? []).toString()) as ErrorAnswer;
}

const skip = spawnSync('php', ['--version']).status === 0 ? false : 'no php on PATH';

describe('the client in PHP', { concurrency: false, skip, timeout: 120_000 }, () => {
  let house: BootstrapHouse;
  let files: Record<string, string>;
  before(async () => {
    house = await BootstrapHouse.open();
    const texts = await Promise.all(FILES.map((name) => readFile(join(ANY, name), 'utf8')));
    files = Object.fromEntries(FILES.map((name, i) => [name, texts[i] ?? '']));
  });
  after(() => house[Symbol.asyncDispose]());

  const any = (over: Partial<BootOptions> = {}): Promise<BootedProcess> => house.boot('php', { files, ...over });
  const of = (source: string, over: Partial<BootOptions> = {}): Promise<BootedProcess> =>
    house.boot('php', { files: { 'index.php': `<?php\n${source}` }, ...over });

  test('answers byte for byte, large and in any script', async () => {
    await using booted = await any();
    for (const value of ['plain', 'ü漢字🎈"\\/', '', 0, 1.5, null, [[]], 'é'.repeat(2_000_000)])
      assert.deepEqual(await booted.json({ what: 'echo', value }), value);
  });

  test('has arrays for JSON objects, and objects for empty headers of HTTP responses', async () => {
    await using booted = await of('function handler($event) { return eval("return $event[code];"); }');
    const cases: readonly (readonly [code: string, answer: unknown])[] = [
      ['$event["empty"]', []],
      ['gettype($event["full"])', 'array'],
      ['(object) $event["empty"]', {}],
      ['["statusCode" => 204, "headers" => [], "cookies" => []]', { statusCode: 204, headers: {}, cookies: [] }],
      ['["statusCode" => 200, "multiValueHeaders" => []]', { statusCode: 200, multiValueHeaders: {} }],
      ['["headers" => []]', { headers: [] }],
    ];
    for (const [code, answer] of cases)
      assert.deepEqual(await booted.json({ code, empty: {}, full: { a: 1 } }), answer, code);
  });

  test('gives the handler its context', async () => {
    await using booted = await any({ timeoutMs: 7000 });
    const { remainingMs, ...rest } = (await booted.json({ what: 'context' }, 'id')) as { remainingMs: number };
    assert.ok(remainingMs > 4000 && remainingMs <= 7000, `${remainingMs}`);
    const seen = { requestId: 'id', name: 'f', version: '1', arn: 'arn', memory: '128', group: 'g', stream: 's' };
    assert.deepEqual(rest, { ...seen, custom: null });
  });

  test('delivers what is printed in any way, in order, with its request id', async () => {
    await using booted = await any();
    for (const id of ['a', 'b']) await booted.json({ what: 'log' }, id);
    const printed = ['one', 'two', 'three', 'four', 'unended'];
    assert.deepEqual(
      booted.logs.flatMap(([id, text]) => text.split('\n').map((line) => [id, line])),
      ['a', 'b'].flatMap((id) => printed.map((line) => [id, line])),
    );
  });

  test('goes on to take output after the function has ended all output buffers', async () => {
    await using booted = await of(
      'function handler($event) { while (ob_get_level() > 0) ob_end_clean(); echo "ended $event\\n"; ob_start(); echo "x"; return ob_get_clean(); }',
    );
    for (const id of ['a', 'b']) assert.equal(await booted.json(id, id), 'x');
    await booted.json('c', 'c');
    assert.ok(
      booted.logs.some(([, text]) => text === 'ended a'),
      JSON.stringify(booted.logs),
    );
  });

  test('prints warnings of the code in the log of their invocation', async () => {
    await using booted = await of('function handler($event) { return $missing; }');
    assert.equal(await booted.json(1), null);
    assert.match(booted.of('r').join('\n'), /Warning: Undefined variable \$missing in .*index\.php on line 2/);
  });

  test('passes 20 MB of output on', async () => {
    await using booted = await any({ timeoutMs: 30_000 });
    assert.equal(await booted.json({ what: 'flood', lines: 20_000 }), 'printed');
    assert.equal(booted.logs.length, 20_000);
  });

  test('runs invocations sent ahead one after the other, or returns them when the one ahead has ended', async () => {
    await using booted = await any();
    const first = booted.invoke({ what: 'sleep', ms: 150 });
    const behind = ['b', 'c'].map((name) => booted.invoke({ what: 'step', name }));
    // They are recalled after 20 ms, when PHP cannot read.
    assert.deepEqual(await Promise.all(behind), [{ kind: 'unstarted' }, { kind: 'unstarted' }]);
    assert.equal((await first).kind, 'result');
    assert.equal(await booted.json({ what: 'step', name: 'd' }), 0);
    assert.deepEqual(
      booted.logs.map(([, text]) => text),
      ['ran d'],
    );
  });

  test('reports errors of the handler, and lives on', async () => {
    await using booted = await any();
    const thrown = documentOf(await booted.invoke({ what: 'throw' }));
    assert.deepEqual([thrown.errorType, thrown.errorMessage], ['LengthException', 'thrown']);
    assert.match(thrown.stackTrace.join('\n'), /^index\.php:\d+ in handler$/);
    assert.match(booted.of('r').join('\n'), /^\[ERROR\] LengthException: thrown\n {2}index\.php:\d+ in handler$/);
    assert.equal(documentOf(await booted.invoke({ what: 'unserialisable' })).errorType, 'Runtime.MarshalError');
    assert.equal(await booted.json({ what: 'echo', value: 1 }), 1);
  });

  test('shows what caused an error', async () => {
    await using booted = await of(`function inner() { throw new DomainException('inner'); }
function handler() { try { inner(); } catch (Throwable $error) { throw new RuntimeException("caf\\xe9", 0, $error); } }`);
    const document = documentOf(await booted.invoke(1));
    assert.deepEqual(document, {
      errorType: 'RuntimeException',
      errorMessage: 'caf\ufffd',
      stackTrace: ['index.php:3 in handler'],
    });
    assert.match(
      booted.of('r').join('\n'),
      /\ncaused by \[ERROR\] DomainException: inner\n {2}index\.php:2 in inner\n/,
    );
  });

  test('reports code that cannot be loaded with its place, and ends', async () => {
    for (const [handler, type, message, stack] of FAULTS) {
      await using booted = await any({ handler });
      const document = documentOf(booted.init);
      assert.deepEqual([document.errorType, document.stackTrace], [type, stack], handler);
      assert.match(document.errorMessage, message);
    }
    await using dependency = await any({ handler: 'dependency.handler' });
    assert.match(documentOf(dependency.init).errorMessage, /no_such_file\.php/);
  });

  test('reports an error that ends PHP for the invocation, and the exit status of others', async () => {
    await using fatal = await of('function handler() { eval("class A {} class A {}"); }');
    const outcome = await fatal.invoke(1);
    assert.match(documentOf(outcome).errorMessage, /Cannot (?:re)?declare class A/);
    assert.ok(outcome.kind === 'error' && outcome.leaving === true);
    for (const code of [0, 3]) {
      await using booted = await any();
      const exit = { kind: 'exit', exit: { code, signal: null, outOfMemory: false } };
      assert.deepEqual(await booted.invoke({ what: 'exit', code }), exit);
    }
    await using exits = await any({ handler: 'exits.handler' });
    assert.deepEqual(exits.init, { kind: 'exit', exit: { code: 4, signal: null, outOfMemory: false } });
  });

  test('loads the file in the global scope, and Composer\u2019s classes before it', async () => {
    await using booted = await house.boot('php', {
      files: {
        'vendor/autoload.php': '<?php\nspl_autoload_register(fn ($name) => eval("class $name { const A = 1; }"));\n',
        'index.php': '<?php\n$count = Loaded::A;\nfunction handler() { global $count; return $count++; }\n',
      },
    });
    assert.deepEqual([await booted.json(1), await booted.json(1)], [1, 2]);
  });

  test('shows the function its environment in every way, and nothing of lam', async () => {
    await using booted = await of(
      'function handler() { return [getenv("OWN"), $_ENV["OWN"], $_SERVER["OWN"], array_keys(getenv()), date_default_timezone_get()]; }',
      { environment: { OWN: 'ü=1', TZ: 'Europe/Zurich' }, stemMs: 100 },
    );
    const [a, b, c, names, zone] = (await booted.json(1)) as [string, string, string, string[], string];
    assert.deepEqual([a, b, c, zone], ['ü=1', 'ü=1', 'ü=1', 'Europe/Zurich']);
    assert.ok(!names.some((name) => name.startsWith('LAM_')), names.join());
  });
});
