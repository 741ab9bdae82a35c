import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsOf } from '../../../src/runtimes/command-line.ts';
import { DESCRIPTORS } from '../../../src/runtimes/index.ts';

test('a handler that is a command line names a program, with arguments in the words of a shell', () => {
  const { stdio, wasm } = DESCRIPTORS;
  assert.deepEqual(['main', './bin/x --flag', `"my prog" 'a b'`, '/usr/bin/jq .'].map(stdio.handler.file), [
    'main',
    'bin/x',
    'my prog',
    '/usr/bin/jq',
  ]);
  for (const [line, words] of [
    ['a  b\tc ', ['a', 'b', 'c']],
    [`a 'b "c"' "d \\"e\\" \\n" f\\ g`, ['a', 'b "c"', 'd "e" \\n', 'f g']],
    [`x''y "" z`, ['xy', '', 'z']],
    ['', []],
  ] as const)
    assert.deepEqual(wordsOf(line), words, line);
  for (const open of [`a 'b`, `a "b`, 'a \\']) assert.equal(wordsOf(open), undefined, open);
  assert.equal(stdio.handler.fault(`a 'b`), 'has a quote that is not closed');
  for (const bad of ['', '  ', '../x', 'a/../../b']) assert.match(stdio.handler.fault(bad) ?? '', /^must read/, bad);
  assert.equal(wasm.handler.fault('main.wasm --flag'), undefined);
  for (const bad of ['main', 'main.go', '../main.wasm'])
    assert.match(wasm.handler.fault(bad) ?? '', /main\.wasm'$/, bad);
});
