import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { BootstrapHouse, type BootedProcess, type BootOptions } from './bootstrap-house.ts';

const house = await BootstrapHouse.open();
after(() => house[Symbol.asyncDispose]());

const boot = (files: BootOptions['files'], more: Partial<BootOptions> = {}): Promise<BootedProcess> =>
  house.boot('ruby', { files, ...more });

interface ErrorAnswer {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace: readonly string[];
}

/** The document, with the quotes and names of methods as Ruby 3.3 and older write them. */
function documentOf(outcome: { readonly kind: string; readonly payload?: Uint8Array }): ErrorAnswer {
  assert.equal(outcome.kind, 'error');
  const document = JSON.parse(Buffer.from(outcome.payload ?? []).toString()) as ErrorAnswer;
  return { ...document, stackTrace: document.stackTrace.map(asOlder) };
}
const asOlder = (text: string): string => text.replaceAll(/in '(?:\w+[#.])?([^']+)'/g, "in `$1'");

/** Files, and the error's type, message and stack. */
const PLACES: readonly (readonly [
  title: string,
  files: BootOptions['files'],
  type: string,
  message: RegExp,
  stack: readonly string[],
])[] = [
  [
    'a syntax error',
    { 'index.rb': 'def handler(event:, context:)\n  return (1\nend\n' },
    'SyntaxError',
    /^index\.rb:[23]: syntax error/,
    [],
  ],
  [
    'one of a file that it loads',
    { 'index.rb': "require 'lib/x'\n", 'lib/x.rb': 'def f(\n' },
    'SyntaxError',
    /^lib\/x\.rb:[12]: syntax error/,
    ["index.rb:1:in `<top (required)>'"],
  ],
  [
    'a library that is missing',
    { 'index.rb': "require_relative 'lib/x'\n", 'lib/x.rb': "\nrequire 'nope'\n" },
    'LoadError',
    /^cannot load such file -- nope$/,
    ["lib/x.rb:2:in `<top (required)>'", "index.rb:1:in `require_relative'", "index.rb:1:in `<top (required)>'"],
  ],
  [
    'a file that raises',
    { 'index.rb': "require 'lib/x'\n", 'lib/x.rb': "raise ArgumentError, 'boom'\n" },
    'ArgumentError',
    /^boom$/,
    ["lib/x.rb:1:in `<top (required)>'", "index.rb:1:in `<top (required)>'"],
  ],
  [
    'a file without the method',
    { 'index.rb': "require 'json'\ndef handle(event:, context:) = 1\n" },
    'NoMethodError',
    /^undefined method 'handler' for index$/,
    ['index.rb defines handle'],
  ],
  [
    'a folder without the file',
    { 'other.rb': '' },
    'LoadError',
    /^cannot load such file -- index$/,
    ['looked for: index.rb', 'in its folder: other.rb'],
  ],
];

describe('errors in Ruby', { skip: spawnSync('ruby', ['--version']).status === 0 ? false : 'no ruby on PATH' }, () => {
  test('of loading are answered with the file, the line and the fault, and logged', async () => {
    for (const [title, files, type, message, stack] of PLACES) {
      await using booted = await boot(files);
      const document = documentOf(booted.init);
      assert.equal(document.errorType, `Init<${type}>`, title);
      assert.match(document.errorMessage, message, title);
      // Newer versions give the frame of `require_relative` to Ruby itself.
      const frames = document.stackTrace.filter(
        (frame, i) => !frame.includes('require_relative') || frame === stack[i],
      );
      assert.deepEqual(
        frames,
        stack.filter((frame) => document.stackTrace.includes(frame) || !frame.includes('require_relative')),
        title,
      );
      const log = asOlder(booted.logs.map(([, text]) => text).join('\n'));
      assert.equal(
        log,
        [`[ERROR] Init<${type}>: ${document.errorMessage}`, ...document.stackTrace.map((frame) => `  ${frame}`)].join(
          '\n',
        ),
        title,
      );
    }
  });

  test('have no frames of the bootstrap, and causes in the log', async () => {
    const source = `def f = raise(KeyError, 'inner')
def handler(event:, context:)
  f
rescue KeyError
  raise 'outer'
end
`;
    for (const concurrency of [1, 3]) {
      await using booted = await boot({ 'index.rb': source }, { concurrency });
      const document = documentOf(await booted.invoke({}));
      assert.deepEqual(document, {
        errorMessage: 'outer',
        errorType: 'Function<RuntimeError>',
        stackTrace: ["index.rb:5:in `rescue in handler'", "index.rb:2:in `handler'"],
      });
      assert.deepEqual(booted.of('r').map(asOlder), [
        `[ERROR] Function<RuntimeError>: outer
  index.rb:5:in \`rescue in handler'
  index.rb:2:in \`handler'
caused by [ERROR] KeyError: inner
  index.rb:1:in \`f'
  index.rb:3:in \`handler'`,
      ]);
    }
  });

  test('are reported also where their message cannot be had, or is no text', async () => {
    const source = `class Mute < StandardError
  def message = raise('mute')
end
def handler(event:, context:)
  raise(event['mute'] ? Mute : "caf\\xe9 \\u00e9")
end
`;
    await using booted = await boot({ 'index.rb': source });
    assert.match(documentOf(await booted.invoke({ mute: true })).errorMessage, /could not be shown/);
    assert.equal(documentOf(await booted.invoke({})).errorMessage, 'caf\ufffd é');
  });
});
