import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BootstrapHouse, type BootedProcess, type BootOptions } from './bootstrap-house.ts';

const house = await BootstrapHouse.open();
after(() => house[Symbol.asyncDispose]());

const boot = (files: BootOptions['files'], more: Partial<BootOptions> = {}): Promise<BootedProcess> =>
  house.boot('python3', { files, ...more });

interface ErrorAnswer {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

function documentOf(outcome: { readonly kind: string; readonly payload?: Uint8Array }): ErrorAnswer {
  assert.equal(outcome.kind, 'error');
  return JSON.parse(Buffer.from(outcome.payload ?? []).toString()) as ErrorAnswer;
}

const IMPORT = '  File "index.py", line 1, in <module>\n    import lib.x\n';

/** Files, and the error's type and stack. */
const PLACES: readonly (readonly [
  title: string,
  files: BootOptions['files'],
  type: string,
  stack: readonly string[],
])[] = [
  [
    'a syntax error',
    { 'index.py': 'import os\n\ndef handler(event, context):\n    return (1\n' },
    'Runtime.UserCodeSyntaxError',
    ['  File "index.py" Line 4\n    return (1\n           ^\n'],
  ],
  [
    'one of a module that it imports',
    { 'index.py': 'import lib.x\n', 'lib/x.py': 'a = 1\ndef f(:\n' },
    'Runtime.UserCodeSyntaxError',
    [IMPORT, '  File "lib/x.py" Line 2\n    def f(:\n          ^\n'],
  ],
  [
    'a wrong indentation',
    { 'index.py': 'def handler(event, context):\nreturn 1\n' },
    'Runtime.UserCodeSyntaxError',
    ['  File "index.py" Line 2\n    return 1\n    ^^^^^^\n'],
  ],
  [
    'an import of a module that is missing',
    { 'index.py': 'import lib.x\n', 'lib/x.py': 'import os\nimport nope\n' },
    'Runtime.ImportModuleError',
    [IMPORT, '  File "lib/x.py", line 2, in <module>\n    import nope\n'],
  ],
  [
    'an import of a name that is missing',
    { 'index.py': 'import lib.x\n', 'lib/x.py': 'from json import nope\n' },
    'Runtime.ImportModuleError',
    [IMPORT, '  File "lib/x.py", line 1, in <module>\n    from json import nope\n'],
  ],
  [
    'a module that raises',
    { 'index.py': 'import lib.x\n', 'lib/x.py': 'raise ValueError("boom")\n' },
    'ValueError',
    [IMPORT, '  File "lib/x.py", line 1, in <module>\n    raise ValueError("boom")\n'],
  ],
  [
    'a module without the handler',
    { 'index.py': 'from json import loads\ndef handle(event, context):\n    return 1\n' },
    'Runtime.HandlerNotFound',
    ['  index defines handle\n'],
  ],
  [
    'a folder without the module',
    { 'other.py': '' },
    'Runtime.ImportModuleError',
    ['  looked for: index.py, index/__init__.py\n  in its folder: other.py\n'],
  ],
];

test('answers errors of loading with the file, the line and the fault, and logs the same', async () => {
  for (const [title, files, type, stack] of PLACES) {
    await using booted = await boot(files, { wantStartupCache: true });
    const document = documentOf(booted.init);
    assert.deepEqual([document.errorType, document.stackTrace], [type, stack], title);
    const log = booted.logs.map(([, text]) => text).join('\n');
    assert.ok(log.startsWith(`[ERROR] ${type}: ${document.errorMessage}\n`), `${title}: ${log}`);
    assert.ok(log.endsWith(stack.join('').trimEnd()), `${title}: ${log}`);
    assert.equal(log.includes('Traceback'), stack[0]?.startsWith('  File') === true, title);
  }
});

test('names files in messages as the author does', async () => {
  const files = {
    'index.py': 'import other\ndef handler(event, context):\n    return 1\n',
    'other.py': 'from index import handler\n',
  };
  await using booted = await boot(files);
  assert.match(documentOf(booted.init).errorMessage, /circular import\) \(index\.py\)$/);
});

test('leaves frames of the bootstrap, and of what it calls the handler with, out of errors and their log', async () => {
  const plain = 'def f():\n    raise KeyError("x")\ndef handler(event, context):\n    f()\n';
  const coroutine = 'async def f():\n    raise KeyError("x")\nasync def handler(event, context):\n    await f()\n';
  const stack = ['4, in handler\n    f()\n', '2, in f\n    raise KeyError("x")\n'].map(
    (rest) => `  File "index.py", line ${rest}`,
  );
  for (const source of [plain, coroutine]) {
    for (const concurrency of [1, 3]) {
      await using booted = await boot({ 'index.py': source }, { concurrency });
      const { stackTrace } = documentOf(await booted.invoke({}));
      const expected = source === plain ? stack : stack.map((frame) => frame.replace(' f()', ' await f()'));
      assert.deepEqual(stackTrace, expected);
      assert.deepEqual(booted.of('r'), [
        `[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n${expected.join('').trimEnd()}`,
      ]);
    }
  }
});

test('points to the syntax error of a module that is imported later', async () => {
  const files = { 'index.py': 'def handler(event, context):\n    import bad\n', 'bad.py': '\ndef (:\n' };
  await using booted = await boot(files);
  const { errorType, stackTrace } = documentOf(await booted.invoke({}));
  assert.equal(errorType, 'SyntaxError');
  assert.deepEqual(stackTrace, [
    '  File "index.py", line 2, in handler\n    import bad\n',
    '  File "bad.py" Line 2\n    def (:\n        ^\n',
  ]);
});
