import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { BootstrapHouse, type BootedProcess, type BootOptions } from './bootstrap-house.ts';

const house = await BootstrapHouse.open();
after(() => house[Symbol.asyncDispose]());

const boot = (files: BootOptions['files'], more: Partial<BootOptions> = {}): Promise<BootedProcess> =>
  house.boot('nodejs', { files, ...more });

interface ErrorAnswer {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

function documentOf(outcome: { readonly kind: string; readonly payload?: Uint8Array }): ErrorAnswer {
  assert.equal(outcome.kind, 'error');
  return JSON.parse(Buffer.from(outcome.payload ?? []).toString()) as ErrorAnswer;
}

/** A module longer than those that are compiled without a cache. */
const LONG = `\n${'// filler\n'.repeat(500)}`;

/** Files, and the lines of the error's stack after its head. */
const PLACES: readonly (readonly [
  title: string,
  files: BootOptions['files'],
  type: string,
  lines: readonly string[],
])[] = [
  [
    'a syntax error of an ES module',
    { 'index.mjs': 'import "node:fs";\n\nexport const handler = async () => {\n  const a = ;\n};\n' },
    'Runtime.UserCodeSyntaxError',
    ['index.mjs:4', '  const a = ;', '            ^'],
  ],
  [
    'one of a module that it imports',
    { 'index.mjs': 'import "./lib/x.mjs";', 'lib/x.mjs': 'export const a = 1;\n\tfoo(]\n' },
    'Runtime.UserCodeSyntaxError',
    ['lib/x.mjs:2', '\tfoo(]', '\t    ^'],
  ],
  [
    'one of an ES module without a mark of it',
    { 'index.js': 'export const handler = async () => {\n  const a = ;\n};\n' },
    'Runtime.UserCodeSyntaxError',
    ['index.js:2', '  const a = ;', '            ^'],
  ],
  [
    'one of CommonJS, with who required it',
    { 'index.cjs': 'require("./x.cjs");\n', 'x.cjs': '\n\nfoo(]\n' },
    'Runtime.UserCodeSyntaxError',
    ['x.cjs:3', 'foo(]', '    ^', '    at Object.<anonymous> (index.cjs:1:1)'],
  ],
  [
    'one of an ES module that CommonJS requires',
    { 'index.cjs': '\nrequire("./x.mjs");\n', 'x.mjs': 'export const a = 1;\nfoo(]' },
    'Runtime.UserCodeSyntaxError',
    ['x.mjs:2', 'foo(]', '    ^'],
  ],
  [
    'one of a line as long as a bundle',
    { 'index.mjs': `${'x();'.repeat(200)} foo(];${'x();'.repeat(10_000)}` },
    'Runtime.UserCodeSyntaxError',
    ['index.mjs:1', `();${'x();'.repeat(13)} foo(];${'x();'.repeat(24)}x(`, `${' '.repeat(60)}^`],
  ],
  [
    'one of TypeScript',
    { 'index.ts': 'export const handler = async (x: string => {};\n' },
    'Runtime.UserCodeSyntaxError',
    ['index.ts:1', 'export const handler = async (x: string => {};', `${' '.repeat(45)}^`],
  ],
  [
    'an import of a file that is missing',
    { 'index.mjs': '// from "./x.mjs"\nimport x from "./x.mjs";\n' },
    'Runtime.ImportModuleError',
    ['index.mjs:2', 'import x from "./x.mjs";', '              ^^^^^^^^^'],
  ],
  [
    'an import of a package that is missing',
    { 'index.mjs': 'import "./a.mjs";', 'a.mjs': 'import "node:fs";\nimport y from "@no/pe/y";\n' },
    'Runtime.ImportModuleError',
    ['a.mjs:2', 'import y from "@no/pe/y";', '              ^^^^^^^^^^'],
  ],
  [
    'an import of a name that is not exported',
    { 'index.mjs': 'import "node:fs";\nimport { nope } from "./x.mjs";\n', 'x.mjs': 'export const a = 1;' },
    'Runtime.UserCodeSyntaxError',
    ['index.mjs:2', 'import { nope } from "./x.mjs";', '         ^^^^'],
  ],
  [
    'a require of a file that is missing',
    { 'index.cjs': 'const fs = require("fs");\nconst x = require("./x");\n' },
    'Runtime.ImportModuleError',
    [
      'Require stack:',
      '- index.cjs',
      'index.cjs:2',
      'const x = require("./x");',
      `${' '.repeat(10)}^`,
      '    at Object.<anonymous> (index.cjs:2:11)',
    ],
  ],
  [
    'an import of JSON without its attribute',
    { 'index.mjs': 'import "./a.mjs";', 'a.mjs': 'import x from "./x.json";', 'x.json': '{}' },
    'TypeError',
    ['a.mjs:1', 'import x from "./x.json";', '              ^^^^^^^^^^', '    at a.mjs:1'],
  ],
  [
    'JSON that is none',
    { 'index.mjs': 'import x from "./x.json" with { type: "json" };', 'x.json': '{"a":\n  oops}' },
    'Runtime.UserCodeSyntaxError',
    ['  oops}" is not valid JSON', 'x.json:2', '  oops}', '  ^'],
  ],
  [
    'a module that throws',
    { 'index.mjs': 'function f() {\n  throw new TypeError("boom");\n}\nf();\n' },
    'TypeError',
    ['    at f (index.mjs:2:9)', '    at index.mjs:4:1'],
  ],
  [
    'a long CommonJS module that throws',
    { 'index.cjs': `function f() {\n  throw new TypeError("boom");\n}\nf();\n${LONG}` },
    'TypeError',
    ['    at f (index.cjs:2:9)', '    at Object.<anonymous> (index.cjs:4:1)'],
  ],
  [
    'a module without the handler',
    { 'index.mjs': 'export const handle = 1;\nexport default { other: 1 };' },
    'Runtime.HandlerNotFound',
    ['index.mjs exports default, handle, other'],
  ],
  [
    'a folder without the module',
    { 'other.mjs': '' },
    'Runtime.ImportModuleError',
    ['looked for: index, index.js, index.mjs, index.cjs, index.ts, index.mts, index.cts', 'in its folder: other.mjs'],
  ],
];

test('answers errors of loading with the file, the line and the fault, and logs the same', async () => {
  for (const [title, files, type, lines] of PLACES) {
    await using booted = await boot(files, { wantStartupCache: true });
    const document = documentOf(booted.init);
    assert.equal(document.errorType, type, title);
    assert.deepEqual(document.trace.slice(1), lines, title);
    assert.match(document.trace[0] ?? '', new RegExp(`^${type}\\b`), title);
    const log = booted.logs.map(([, text]) => text).join('\n');
    assert.ok(log.startsWith(`Init Error\t${document.trace.join('\n')}`), `${title}: ${log}`);
  }
});

test('names imported modules as their import does', async () => {
  await using file = await boot({ 'lib/a.mjs': 'import "../x.mjs";' }, { handler: 'lib/a.handler' });
  const { errorMessage } = documentOf(file.init);
  assert.equal(errorMessage, "Error [ERR_MODULE_NOT_FOUND]: Cannot find module './x.mjs' imported from lib/a.mjs");
});

test('leaves frames of the bootstrap out of answers, of its log and of what the function prints', async () => {
  const source = `
    import { AsyncLocalStorage } from 'node:async_hooks';
    const ways = {
      sync() { console.error(new Error('seen')); throw new RangeError('x', { cause: new Error('inner') }); },
      async awaited(event) { await undefined; return event.json(); },
      unhandled: () => new Promise(() => void Promise.reject(new RangeError('x'))),
      uncaught: () => new Promise(() => setTimeout(() => { throw new RangeError('x'); })),
      result: () => 1n,
    };
    export const handler = (event) => ways[event.what](event);`;
  for (const concurrency of [1, 3]) {
    for (const what of ['sync', 'awaited', 'unhandled', 'uncaught', 'result']) {
      await using booted = await boot({ 'index.mjs': source }, { concurrency });
      const { trace } = documentOf(await booted.invoke({ what }));
      const said = [...trace, ...booted.logs.map(([, text]) => text)].join('\n');
      assert.doesNotMatch(said, /bootstrap-nodejs|node:internal\/(?!timers)|Bootstrap\.|\/index\.mjs.*\/index/, said);
      if (what === 'sync')
        assert.deepEqual(trace.slice(1), ['    at Object.sync (index.mjs:4:56)', '    at handler (index.mjs:10:55)']);
      if (what === 'sync')
        assert.match(said, /Error: seen\n {4}at Object\.sync \(file:.*index\.mjs:4:30\)\n {4}at handler/);
    }
  }
});

test('shows a frame of the bootstrap that the author called, as the frame around it', async () => {
  const source = 'export const handler = async (event) => {\n  await event.json();\n};';
  await using booted = await boot({ 'index.mjs': source });
  const invoked = await booted.invoke({ body: '{oops' });
  assert.equal(documentOf(invoked).errorType, 'TypeError');
  assert.deepEqual(documentOf(invoked).trace.slice(1), ['    at handler (index.mjs:2:15)']);
});

test('points to the syntax error of a module that is imported later', async () => {
  const files = { 'index.mjs': 'export const handler = () => import("./x.mjs");', 'x.mjs': '\nfoo(]\n' };
  await using booted = await boot(files);
  const { trace } = documentOf(await booted.invoke({}));
  assert.deepEqual(trace, ["SyntaxError: Unexpected token ']'", 'x.mjs:2', 'foo(]', '    ^', '    at x.mjs:2']);
});

/** Files of a bundle of `sources` at `entry`, as `lam deploy` makes it. */
async function bundled(entry: string, sources: BootOptions['files']): Promise<BootOptions['files']> {
  const root = await house.code(sources);
  const outfile = join(root, entry.replace(/\.ts$/, '.mjs'));
  const options = {
    bundle: true,
    format: 'esm',
    platform: 'node',
    sourcemap: 'linked',
    sourcesContent: false,
  } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [join(root, entry)], outfile, write: false });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [relative(root, path), text]));
}

test('shows frames of a bundle in the lines of its sources, in answers, logs and what the function prints', async () => {
  const files = await bundled('src/index.ts', {
    'src/index.ts':
      "import { greet } from '../lib/greet.ts';\n\n\ninterface Event { name: string }\nexport const handler = async (event: Event) => {\n  return greet(event.name);\n};\n",
    'lib/greet.ts':
      "type Name = string;\nexport function greet(name: Name): string {\n  console.error(new Error('seen'));\n  throw new RangeError(name);\n}\n",
  });
  for (const concurrency of [1, 3]) {
    await using booted = await boot(files, { handler: 'src/index.handler', concurrency });
    for (const requestId of ['r', 's']) {
      const { trace } = documentOf(await booted.invoke({ name: 'n' }, requestId));
      const called = ['    at handler (src/index.ts:6:10)'];
      assert.deepEqual(trace, ['RangeError: n', '    at greet (lib/greet.ts:4:9)', ...called]);
      assert.deepEqual(booted.of(requestId), [
        ['Error: seen', '    at greet (lib/greet.ts:3:17)', ...called].join('\n'),
        `Invoke Error\t${trace.join('\n')}`,
      ]);
    }
  }
  const broken = { ...files, 'src/index.mjs.map': '{"version":3,"mappings":"!!!!"' };
  await using unmapped = await boot(broken, { handler: 'src/index.handler' });
  assert.match(
    documentOf(await unmapped.invoke({ name: 'n' })).trace.join('\n'),
    /at greet \(src\/index\.mjs:\d+:\d+\)/,
  );
  const asked = { NODE_OPTIONS: '--enable-source-maps' };
  await using byNode = await boot(files, { handler: 'src/index.handler', environment: asked });
  assert.deepEqual(documentOf(await byNode.invoke({ name: 'n' })).trace.slice(1), [
    '    at greet (lib/greet.ts:4:9)',
    '    at handler (src/index.ts:6:10)',
  ]);
});

test('shows errors of a bundle that cannot be loaded in the lines of its sources', async () => {
  const files = await bundled('index.ts', {
    'index.ts': "import { port } from './port.ts';\nexport const handler = async (): Promise<number> => port;\n",
    'port.ts':
      "type Port = number;\n\nif (!process.env['PORT']) throw new TypeError('PORT is not set');\nexport const port: Port = 1;\n",
  });
  await using booted = await boot(files);
  assert.deepEqual(documentOf(booted.init).trace, ['TypeError: PORT is not set', '    at port.ts:3:33']);
});

test('lets functions format stacks themselves', async () => {
  const source = `
    const sites = () => {
      const before = Error.prepareStackTrace;
      Error.prepareStackTrace = (_, all) => all;
      const { stack } = new Error();
      Error.prepareStackTrace = before;
      return stack;
    };
    export const handler = async () => [sites()[1].getFunctionName(), new Error('x').stack.split('\\n').length];`;
  await using booted = await boot({ 'index.mjs': source });
  assert.deepEqual(await booted.json({}), ['handler', 2]);
  const own = `Error.prepareStackTrace = (error, sites) => 'own\\n    at ' + sites.join('\\n    at ');
    export const handler = async () => { throw new Error('x'); };`;
  await using formats = await boot({ 'index.mjs': own });
  assert.deepEqual(documentOf(await formats.invoke({})).trace, ['own', '    at handler (index.mjs:2:48)']);
});
