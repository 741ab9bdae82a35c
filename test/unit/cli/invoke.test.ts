import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { about, planInvoke, verdict, type FastInvokeAnswer } from '../../../src/cli/fast/invoke.ts';

const answer = (document: unknown): FastInvokeAnswer => ({
  status: 200,
  version: '1',
  requestId: 'r',
  functionError: 'Unhandled',
  log: undefined,
  payload: Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)),
  printedBytes: 0,
});

describe('planning an invoke', () => {
  test('finds function, qualifier and socket', () => {
    const plan = planInvoke(['hello@v2', '-d', '{}'], { LAM_HOME: '/h' });
    assert.deepEqual(plan?.reference, { name: 'hello', qualifier: '2' });
    assert.equal(plan?.socketPath, '/h/run/lam.sock');
  });

  for (const [what, argv] of [
    ['no function', ['-d', '{}']],
    ['two functions', ['a', 'b']],
    ['--json', ['a', '--json']],
    ['two events', ['a', '-d', '1', '-e', 'x']],
    ['a name that is none', ['../x']],
  ] as const) {
    test(`leaves ${what} to the full command`, () => assert.equal(planInvoke(argv, { LAM_HOME: '/h' }), undefined));
  }
});

test('--include shows a function error, if there is one', () => {
  assert.equal(about({ ...answer(1), functionError: undefined }), 'status: 200\nversion: 1\nrequest id: r\n');
  assert.equal(about(answer(1)), 'status: 200\nversion: 1\nrequest id: r\nfunction error: Unhandled\n');
});

describe('the exit code of an answer', () => {
  test('is 0 for a result', () =>
    assert.deepEqual(verdict({ ...answer(1), functionError: undefined }, {}, true), { exit: 0, line: '' }));

  test('is 5 for a failure, with the error in one line', () => {
    const failed = answer({ errorType: 'TypeError', errorMessage: 'boom\nmore' });
    assert.deepEqual(verdict(failed, {}, true), { exit: 5, line: 'the function failed: TypeError: boom' });
  });

  test('is told without the message in a pipe, where the payload has it', () => {
    const failed = answer({ errorType: 'TypeError', errorMessage: 'boom' });
    assert.deepEqual(verdict(failed, {}, false), { exit: 5, line: 'the function failed: TypeError' });
    const late = answer({ errorType: 'Sandbox.Timedout', errorMessage: 'after 3 s' });
    assert.deepEqual(verdict(late, {}, false), { exit: 6, line: 'the function timed out' });
  });

  test('is 6 for a time-out', () =>
    assert.equal(verdict(answer({ errorType: 'Sandbox.Timedout', errorMessage: '' }), {}, true).exit, 6));

  test('is 0 for both with --no-fail', () => {
    assert.equal(verdict(answer({ errorType: 'E' }), { 'no-fail': true }, true).exit, 0);
    assert.equal(verdict(answer({ errorType: 'Sandbox.Timedout' }), { 'no-fail': true }, true).exit, 0);
  });

  test('accepts any error document', () => {
    for (const odd of ['not json', 'null', '[]', '"x"', { errorType: 7, errorMessage: {} }]) {
      assert.equal(verdict(answer(odd), {}, true).line, 'the function failed: Error');
    }
  });

  test('strips control characters', () => {
    assert.equal(
      verdict(answer({ errorType: 'E', errorMessage: '\u001b[31mred' }), {}, true).line,
      'the function failed: E: \uFFFD[31mred',
    );
  });
});
