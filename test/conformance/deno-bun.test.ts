import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BootstrapHouse, type BootedProcess, type BootOptions } from './bootstrap-house.ts';

const ANY = join(import.meta.dirname, '../fixtures/functions/nodejs-any');

/** Forms of code: files, and the result for the event 1. */
const FORMS: readonly (readonly [form: string, files: BootOptions['files'], answer: unknown])[] = [
  ['CommonJS', { 'index.cjs': 'exports.handler = async (e) => ["cjs", e];' }, ['cjs', 1]],
  ['CommonJS in a .js file', { 'index.js': 'exports.handler = async (e) => ["cjs", e];' }, ['cjs', 1]],
  ['an ES module', { 'index.mjs': 'export const handler = async (e) => ["esm", e];' }, ['esm', 1]],
  [
    'an ES module in a .js file',
    { 'index.js': 'import { sep } from "node:path"; export const handler = async (e) => [sep, e];' },
    ['/', 1],
  ],
  [
    'TypeScript with its own modules and packages',
    {
      'index.ts':
        'import plain from "plain"; import { value } from "./lib/value.ts"; enum Kind { A = 7 }\n' +
        'export const handler = async (e: number): Promise<unknown> => [plain, value, Kind.A, e];',
      'lib/value.ts': 'export const value: string = "value";',
      'package.json': '{"type":"module","dependencies":{"plain":"1.0.0"}}',
      'node_modules/plain/package.json': '{"name":"plain","version":"1.0.0","main":"main.js"}',
      'node_modules/plain/main.js': 'module.exports = "plain";',
    },
    ['plain', 'value', 7, 1],
  ],
];

/** Errors of loading: files, type, and what the document shows of the place. */
const FAULTS: readonly (readonly [title: string, files: BootOptions['files'], type: string, place: RegExp])[] = [
  [
    'a syntax error',
    { 'index.ts': 'export const handler = async () => {\n  const one = ;\n};\n' },
    'Runtime.UserCodeSyntaxError',
    /index\.ts:2[^]* const one = ;/,
  ],
  [
    'an import of a file that is missing',
    { 'index.ts': 'import { x } from "./nope.ts";\nexport const handler = async () => x;\n' },
    'Runtime.ImportModuleError',
    /nope\.ts/,
  ],
  [
    'an import of a package that is missing',
    { 'index.ts': 'import x from "no-such-package";\nexport const handler = async () => x;\n' },
    'Runtime.ImportModuleError',
    /no-such-package/,
  ],
  ['a module that throws', { 'index.ts': '\nthrow new RangeError("boom");\n' }, 'RangeError', /boom[^]*index\.ts:2/],
  ['no export', { 'index.ts': 'export const handle = 1;\n' }, 'Runtime.HandlerNotFound', /exports handle/],
  ['no file', { 'other.ts': '' }, 'Runtime.ImportModuleError', /in its folder: other\.ts/],
];

interface ErrorAnswer {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

function documentOf(outcome: { readonly kind: string; readonly payload?: Uint8Array }): ErrorAnswer {
  assert.equal(outcome.kind, 'error', JSON.stringify(outcome));
  return JSON.parse(Buffer.from(outcome.payload ?? []).toString()) as ErrorAnswer;
}

for (const runtime of ['deno', 'bun'] as const) {
  const skip = spawnSync(runtime, ['--version']).status === 0 ? false : `no ${runtime} on PATH`;
  describe(`the client on ${runtime}`, { concurrency: false, skip, timeout: 120_000 }, () => {
    let house: BootstrapHouse;
    let anyRoot: string;
    before(async () => {
      house = await BootstrapHouse.open();
      anyRoot = await house.code({}, 'any');
      // Copied, because the package.json of the clone decides what a .js file is.
      await cp(ANY, anyRoot, { recursive: true });
    });
    after(() => house[Symbol.asyncDispose]());

    const any = (over: Partial<BootOptions> = {}): Promise<BootedProcess> =>
      house.boot(runtime, { files: {}, taskRoot: anyRoot, ...over });

    test('runs every form of code', async () => {
      for (const [form, files, answer] of FORMS) {
        await using booted = await house.boot(runtime, { files });
        assert.equal(booted.init.kind, 'ready', `${form} ${JSON.stringify(booted.logs)}`);
        assert.deepEqual(await booted.json(1), answer, form);
      }
    });

    test('delivers printed lines in order before the answer, with their request ids', async () => {
      await using booted = await any();
      for (const id of ['a', 'b']) await booted.json({ what: 'log' }, id);
      const printed = ['one', 'two', 'three', 'four', 'unended'];
      assert.deepEqual(
        booted.logs.flatMap(([id, text]) => text.split('\n').map((line) => [id, line])),
        ['a', 'b'].flatMap((id) => printed.map((line) => [id, line])),
      );
    });

    test('delivers output before an exit, and the exit status', async () => {
      const files = { 'index.mjs': 'export const handler = (e) => { console.log("last"); process.exit(e); };' };
      await using booted = await house.boot(runtime, { files });
      assert.deepEqual(await booted.invoke(3), {
        kind: 'exit',
        exit: { code: 3, signal: null, outOfMemory: false },
      });
      assert.deepEqual(booted.of('r'), ['last']);
    });

    test('answers with 5 MB, and passes 20 MB of output on', async () => {
      await using booted = await any({ timeoutMs: 30_000 });
      assert.equal(String(await booted.json({ what: 'large', length: 5_000_000 })).length, 5_000_000);
      assert.equal(await booted.json({ what: 'flood', lines: 20_000 }), 'printed');
      assert.equal(booted.logs.length, 20_000);
    });

    test('runs invocations sent ahead in order, or returns them unstarted', async () => {
      await using booted = await any();
      const first = booted.invoke({ what: 'sleep', ms: 200 });
      const behind = ['b', 'c'].map((name) => booted.invoke({ what: 'step', name }));
      assert.deepEqual(await Promise.all(behind), [{ kind: 'unstarted' }, { kind: 'unstarted' }]);
      assert.equal((await first).kind, 'result');
      const many = await Promise.all(
        Array.from({ length: 20 }, (_, i) => booted.invoke({ what: 'step', name: `${i}` })),
      );
      for (const outcome of many)
        if (outcome.kind === 'result') assert.equal(Buffer.from(outcome.payload).toString(), '0');
        else assert.equal(outcome.kind, 'unstarted');
    });

    test('answers in every form of handler', async () => {
      for (const [handler, answer] of [
        ['forms.callback', { a: 1 }],
        ['forms.done', { a: 1 }],
        ['forms.now', { a: 1 }],
        ['forms.nothing', null],
        ['forms.silent', null],
        ['forms.never', null],
        ['forms.deep.er.handler', { a: 1 }],
      ] as const) {
        await using booted = await any({ handler });
        for (let i = 0; i < 2; i += 1) assert.deepEqual(await booted.json({ a: 1 }), answer, handler);
      }
    });

    test('reports errors of the handler with their place, and lives on', async () => {
      await using booted = await any();
      const thrown = documentOf(await booted.invoke({ what: 'throw' }));
      assert.deepEqual([thrown.errorType, thrown.errorMessage], ['RangeError', 'thrown']);
      assert.match(thrown.trace.join('\n'), /^RangeError: thrown\n\s+at .*\(index\.js:\d+:\d+\)/);
      assert.doesNotMatch(thrown.trace.join('\n'), /bootstrap/);
      assert.equal(documentOf(await booted.invoke({ what: 'reject' })).errorType, 'TypeError');
      assert.equal(documentOf(await booted.invoke({ what: 'unserialisable' })).errorType, 'Runtime.MarshalError');
      assert.equal(await booted.json({ what: 'echo', value: 1 }), 1);
    });

    test('attributes an uncaught error to the running invocation', async () => {
      await using booted = await any();
      const outcome = await booted.invoke({ what: 'crash' });
      assert.equal(documentOf(outcome).errorMessage, 'stray');
      assert.ok(outcome.kind === 'error' && outcome.leaving === true);
    });

    test('reports code that cannot be loaded with AWS\u2019s types and the place', async () => {
      for (const [title, files, type, place] of FAULTS) {
        await using booted = await house.boot(runtime, { files });
        const document = documentOf(booted.init);
        assert.equal(document.errorType, type, `${title} ${JSON.stringify(document)}`);
        assert.match([document.errorMessage, ...document.trace].join('\n'), place, title);
        assert.doesNotMatch(JSON.stringify(document), /code-\d|\\u001b/, title);
      }
    });

    test('runs eight at once, each with its own output', async () => {
      const files = {
        'index.mjs': `let running = 0, most = 0; const gates = [];
export const handler = async (e) => {
  most = Math.max(most, ++running);
  console.log('before ' + e);
  await new Promise((resolve) => { gates.push(resolve); if (gates.length === 8) for (const open of gates) open(); });
  process.stdout.write('unended ' + e);
  running -= 1;
  return most;
};`,
      };
      await using booted = await house.boot(runtime, { files, concurrency: 8 });
      const names = Array.from({ length: 8 }, (_, i) => `n${i}`);
      await Promise.all(names.map((name) => booted.json(name, name)));
      for (const name of names) assert.deepEqual(booted.of(name), [`before ${name}`, `unended ${name}`]);
    });

    test('shows the function none of the variables that were meant for its process', async () => {
      await using booted = await any({ environment: { OWN: 'ü=1' } });
      const { OWN, ...rest } = (await booted.json({ what: 'env' })) as Record<string, string>;
      assert.equal(OWN, 'ü=1');
      const known = ['HOME', 'LAMBDA_TASK_ROOT', 'PATH', 'PWD', 'TMPDIR', '_X_AMZN_TRACE_ID'];
      assert.deepEqual(
        Object.keys(rest).filter((name) => !known.includes(name)),
        [],
      );
    });
  });
}
