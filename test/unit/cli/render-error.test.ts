import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Errors } from '@oclif/core';
import { renderError } from '../../../src/cli/render/error.ts';
import { CATALOGUE, KINDS, LamError, lamError, type ErrorCode, type Kind } from '../../../src/errors/index.ts';

const STYLE = { json: false, debug: false, command: 'deploy' };
/** Exit codes of docs and of the contract, written down again so that a change of the table is seen. */
const EXPECTED: Readonly<Record<Kind, number>> = {
  invalid_argument: 2,
  not_found: 4,
  already_exists: 1,
  failed_precondition: 1,
  permission_denied: 1,
  too_large: 2,
  resource_exhausted: 9,
  deadline_exceeded: 6,
  cancelled: 130,
  unavailable: 3,
  tool_missing: 7,
  build_failed: 8,
  host_failure: 1,
  internal: 1,
};

describe('rendering an error', () => {
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const code = (Object.keys(CATALOGUE) as ErrorCode[]).find((c) => CATALOGUE[c].kind === kind);
    test(
      `ends with ${EXPECTED[kind]} for the kind ${kind}`,
      { skip: code === undefined && 'no error is of this kind' },
      () => {
        const error = new LamError(code ?? 'LAM_INTERNAL', { message: 'm', details: {} });
        assert.equal(renderError(error, STYLE).exit, EXPECTED[kind]);
        assert.equal(renderError(error, { ...STYLE, json: true }).exit, EXPECTED[kind]);
      },
    );
  }

  test('puts message and hint on stderr and nothing on stdout', () => {
    assert.deepEqual(renderError(lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home: '/h' }), STYLE), {
      stdout: '',
      stderr: "Error: no daemon is running for '/h'\n  hint: start it: lam start\n",
      exit: 3,
    });
  });

  test('puts one object on stdout under --json', () => {
    const { stdout, stderr } = renderError(lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home: '/h' }), {
      ...STYLE,
      json: true,
    });
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), {
      ok: false,
      error: {
        code: 'LAM_CLIENT_DAEMON_NOT_RUNNING',
        message: "no daemon is running for '/h'",
        hint: 'start it: lam start',
        details: { home: '/h' },
      },
    });
  });

  test("turns errors of oclif's parser into usage errors", () => {
    const rendered = renderError(new Errors.CLIError('Nonexistent flag: --nope\nSee more help with --help'), STYLE);
    assert.deepEqual(rendered, {
      stdout: '',
      stderr: 'Error: nonexistent flag: --nope\n  hint: see how it is used: lam deploy --help\n',
      exit: 2,
    });
  });

  test('joins the lines of a parser error', () => {
    for (const [said, line] of [
      [
        'Parsing --lines \n\tExpected an integer but received: abc\nSee more help with --help',
        'parsing --lines: Expected an integer but received: abc',
      ],
      [
        'Missing 1 required arg:\nshell  Which shell.\nSee more help with --help',
        'missing 1 required arg: shell  Which shell.',
      ],
    ] as const) {
      assert.equal(renderError(new Errors.CLIError(said), STYLE).stderr.split('\n')[0], `Error: ${line}`);
    }
  });

  test('shows no stack of an unknown error, and asks for a report', () => {
    const { stderr, exit } = renderError(new TypeError('x is not a function'), STYLE);
    assert.equal(exit, 1);
    assert.match(stderr, /x is not a function\n {2}hint: run the command again with LAM_DEBUG=1/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  test('shows stacks and causes with LAM_DEBUG', () => {
    const { stderr } = renderError(new TypeError('root cause'), { ...STYLE, debug: true });
    assert.match(stderr, /code: LAM_INTERNAL/);
    assert.match(stderr, /caused by: TypeError: root cause\n\s+at /);
  });

  test('is silent for the exit that oclif throws', () => {
    assert.deepEqual(renderError(new Errors.ExitError(0), STYLE), { stdout: '', stderr: '', exit: 0 });
  });
});
