import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GLOBAL_FLAGS, INVOKE_FLAGS, parseArgv } from '../../../src/cli/fast/flag-table.ts';

const TABLE = { ...GLOBAL_FLAGS, ...INVOKE_FLAGS } as const;
const parse = (argv: readonly string[], env: Record<string, string> = {}): ReturnType<typeof parseArgv<typeof TABLE>> =>
  parseArgv(TABLE, argv, env);

describe('the flag table', () => {
  test('reads long and short flags, joined and separate values, and arguments', () => {
    assert.deepEqual(parse(['hello', '-d', '{}', '--home=/h', '-i', '--no-logs']), {
      args: ['hello'],
      flags: { data: '{}', home: '/h', include: true, logs: false },
    });
  });

  test('takes everything after -- as an argument', () => {
    assert.deepEqual(parse(['--', '-d']), { args: ['-d'], flags: {} });
  });

  test('takes a lone - as a value and as an argument', () => {
    assert.deepEqual(parse(['hello', '-d', '-']), { args: ['hello'], flags: { data: '-' } });
  });

  for (const [what, argv] of [
    ['an unknown flag', ['hello', '--nope']],
    ['help', ['hello', '--help']],
    ['bundled letters', ['-id', '{}']],
    ['a missing value', ['hello', '-d']],
    ['a value for a boolean', ['--include=yes']],
  ] as const) {
    test(`leaves ${what} to the full parser`, () => assert.equal(parse(argv), undefined));
  }

  test('takes flags from the environment unless the command line sets them', () => {
    assert.deepEqual(
      parse(['--home', '/a'], { LAM_HOME: '/b', LAM_PORT: '9000', LAM_JSON: '1', LAM_NO_AUTOSTART: '0' })?.flags,
      {
        home: '/a',
        port: '9000',
        json: true,
      },
    );
  });
});
