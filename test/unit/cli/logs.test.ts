import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planLogs } from '../../../src/cli/fast/logs.ts';

const NOW = 1_700_000_000_000;
const plan = (argv: readonly string[], env: Record<string, string> = {}): ReturnType<typeof planLogs> =>
  planLogs(argv, { LAM_HOME: '/h', ...env }, NOW);

describe('the plan of lam logs', () => {
  const PLAIN = {
    name: 'f',
    version: undefined,
    socketPath: '/h/run/lam.sock',
    look: { format: 'pretty', colored: false },
    json: false,
  };
  const parameters: readonly [readonly string[], string][] = [
    [['f'], 'lines=100'],
    [['f', '-n', '5'], 'lines=5'],
    [['f', '--lines=0'], 'lines=0'],
    [['f', '--since', '30s'], `since=${NOW - 30_000}`],
    [['f', '--since', '99999d'], 'since=0'],
    [['f', '--since', '30s', '-n', '7'], `since=${NOW - 30_000}&lines=7`],
    [['f', '-s', 'a b&c=ü?'], 'lines=100&search=a%20b%26c%3D%C3%BC%3F'],
    [['f', '--request-id', 'x', '-f'], 'lines=100&requestId=x&follow=1'],
  ];
  for (const [argv, expected] of parameters) {
    test(`of ${argv.join(' ')} requests ${expected}`, () =>
      assert.deepEqual(plan(argv), { ...PLAIN, parameters: expected }));
  }

  test('takes the version from the flag, else from the name', () => {
    for (const argv of [
      ['f@2'],
      ['f:2'],
      ['f@v2'],
      ['f', '--version', '2'],
      ['f', '--version', 'v2'],
      ['f:prod', '--version', '2'],
    ]) {
      assert.deepEqual(plan(argv), { ...PLAIN, version: 2, parameters: 'lines=100&version=2' });
    }
  });

  test('has the three forms of output, and the home', () => {
    assert.deepEqual(plan(['f', '-o', 'raw'])?.look, { format: 'raw', colored: false });
    for (const [argv, env, json] of [
      [['f', '-o', 'json'], {}, false],
      [['f', '--json', '-o', 'raw'], {}, true],
      [['f'], { LAM_JSON: 'yes' }, true],
    ] as const) {
      const made = plan(argv, env);
      assert.deepEqual([made?.look.format, made?.json], ['json', json]);
    }
    assert.equal(plan(['f', '--home', '/other'])?.socketPath, '/other/run/lam.sock');
  });

  const unusual: readonly (readonly string[])[] = [
    [],
    ['f', 'g'],
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
