import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogParameters } from '../../../src/cli/fast/log-stream.ts';
import { planLogs } from '../../../src/cli/fast/logs.ts';

const NOW = 1_700_000_000_000;
const plan = (argv: readonly string[], env: Record<string, string> = {}): ReturnType<typeof planLogs> =>
  planLogs(argv, { LAM_HOME: '/h', ...env }, NOW);

describe('the plan of lam logs', () => {
  const PARAMETERS: LogParameters = {
    since: undefined,
    lines: 100,
    search: undefined,
    requestId: undefined,
    version: undefined,
    withoutPlatform: false,
    follow: false,
  };
  const PLAIN = {
    name: 'f',
    socketPath: '/h/run/lam.sock',
    look: { format: 'pretty', colored: false, names: ['f'], quiet: false, requestId: undefined },
  };
  const parameters: readonly [readonly string[], Partial<LogParameters>][] = [
    [['f'], {}],
    [['f', '-n', '5'], { lines: 5 }],
    [['f', '--lines=0'], { lines: 0 }],
    [['f', '--since', '30s'], { since: NOW - 30_000, lines: undefined }],
    [['f', '--since', '99999d'], { since: 0, lines: undefined }],
    [['f', '--since', '30s', '-n', '7'], { since: NOW - 30_000, lines: 7 }],
    [['f', '-s', 'a b&c=ü?'], { search: 'a b&c=ü?' }],
    [['f', '--no-platform', '-f'], { withoutPlatform: true, follow: true }],
  ];
  for (const [argv, expected] of parameters) {
    test(`of ${argv.join(' ')} requests ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(plan(argv), { ...PLAIN, parameters: { ...PARAMETERS, ...expected } }));
  }

  test('looks for ambiguous starts of request ids', () => {
    const made = plan(['f', '--request-id', 'abc']);
    assert.deepEqual([made?.parameters.requestId, made?.look.requestId], ['abc', 'abc']);
  });

  test('takes the version from the flag, else from the name', () => {
    for (const argv of [
      ['f@2'],
      ['f:2'],
      ['f@v2'],
      ['f', '--version', '2'],
      ['f', '--version', 'v2'],
      ['f:prod', '--version', '2'],
    ]) {
      assert.deepEqual(plan(argv), { ...PLAIN, parameters: { ...PARAMETERS, version: 2 } });
    }
  });

  test('has the three forms of output, and the home', () => {
    assert.deepEqual(plan(['f', '-o', 'raw'])?.look, { ...PLAIN.look, format: 'raw' });
    for (const [argv, env, json] of [
      [['f', '-o', 'json'], {}, false],
      [['f', '--json', '-o', 'raw'], {}, true],
      [['f'], { LAM_JSON: 'yes' }, true],
    ] as const) {
      const made = plan(argv, env);
      assert.deepEqual([made?.look.format, made?.look.quiet], ['json', json]);
    }
    assert.equal(plan(['f', '--home', '/other'])?.socketPath, '/other/run/lam.sock');
  });

  const unusual: readonly (readonly string[])[] = [
    [],
    ['f', 'g'],
    ['--all'],
    ['f', '--all'],
    ['../f'],
    ['f', '--help'],
    ['f', '-n', '-1'],
    ['f', '-n', 'many'],
    ['f', '-n', '1.5'],
    ['f', '-n', '9'.repeat(20)],
    ['f', '-n5'],
    ['f', '-n', '1', '-n', '2'],
    ['f', '-fn', '1'],
    ['f', '--follow=true'],
    ['f', '--no-follow'],
    ['f', '--output', 'yaml'],
    ['f', '--since', 'yesterday'],
    ['f', '--version', 'prod'],
    ['f', '--version', ''],
    ['f:prod'],
    ['f', '-s'],
    ['f', '-s', '--json'],
    ['f', '--port', 'http'],
    ['f', '--port', '65536'],
  ];
  for (const argv of unusual) {
    test(`of ${argv.join(' ') || 'nothing'} is left to the full command`, () => assert.equal(plan(argv), undefined));
  }
});
