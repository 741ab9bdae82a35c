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
  method_not_allowed: 2,
  already_exists: 1,
  failed_precondition: 1,
  unauthenticated: 1,
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

const FAILED = lamError('LAM_OPERATIONS_CHECK_FAILED', {
  name: 'f',
  version: 2,
  live: 1,
  kept: true,
  command: 'lam rollback f v2 --no-verify',
  reason: 'Runtime.ImportModuleError: Cannot find module',
  errorType: 'Runtime.ImportModuleError',
  errorMessage: 'Cannot find module\nRequire stack:\n- index.js',
  stackTrace: ['Runtime.ImportModuleError: Cannot find module', 'Require stack:', '- index.js', '    at index.js:1:1'],
  output: ['loading \u001b[31m', 'still'],
  notice: "image 'x' is not present; the host's own programs are used",
});

describe('rendering an error', () => {
  test('shows what a function said when its code could not be loaded, without repeating itself', () => {
    const { stdout, stderr, exit } = renderError(FAILED, STYLE);
    assert.deepEqual([stdout, exit], ['', 8]);
    assert.equal(
      stderr,
      [
        "Error: v2 of 'f' fails its check and is not live (v1 is): Runtime.ImportModuleError: Cannot find module",
        '  Require stack:',
        '  - index.js',
        '  at index.js:1:1',
        '  it printed:',
        '    loading \uFFFD[31m',
        '    still',
        "  image 'x' is not present; the host's own programs are used",
        `  hint: ${FAILED.hint}`,
        '  code: LAM_OPERATIONS_CHECK_FAILED',
        '',
      ].join('\n'),
    );
  });

  test('keeps the shape of a stack trace, and begins it where the other lines do', () => {
    const stackTrace = ['  File "f.py", line 1, in <module>\n    import x\n\n', '  File "x.py", line 2, in <module>\n'];
    const details = { ...FAILED.details, errorMessage: 'no', stackTrace, output: [], notice: null };
    const { stderr } = renderError(new LamError('LAM_OPERATIONS_CHECK_FAILED', { message: 'm', details }), STYLE);
    assert.match(stderr, /^ {2}File "f\.py", line 1, in <module>\n {4}import x\n {2}File "x\.py"/m);
  });

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

  test('puts message, hint and code on stderr and nothing on stdout', () => {
    assert.deepEqual(renderError(lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home: '/h' }), STYLE), {
      stdout: '',
      stderr:
        "Error: no daemon is running for '/h'\n  hint: start it: lam start\n  code: LAM_CLIENT_DAEMON_NOT_RUNNING\n",
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
      stderr: 'Error: nonexistent flag: --nope\n  hint: see how it is used: lam deploy --help\n  code: LAM_CLI_USAGE\n',
      exit: 2,
    });
  });

  test('joins the lines of a parser error', () => {
    for (const [said, line] of [
      [
        'Parsing --lines \n\tExpected an integer but received: abc\nSee more help with --help',
        "--lines: 'abc' is not a whole number",
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
    assert.equal(stderr.match(/code: LAM_INTERNAL/g)?.length, 1);
    assert.match(stderr, /caused by: TypeError: root cause\n\s+at /);
  });

  test('dims the code on a terminal', () => {
    const error = lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home: '/h' });
    const { stderr } = renderError(error, { ...STYLE, colored: true });
    assert.ok(stderr.endsWith('\n  \u001B[2mcode: LAM_CLIENT_DAEMON_NOT_RUNNING\u001B[22m\n'), stderr);
  });

  test('is silent for the exit that oclif throws', () => {
    assert.deepEqual(renderError(new Errors.ExitError(0), STYLE), { stdout: '', stderr: '', exit: 0 });
  });
});
