import assert from 'node:assert/strict';
import { nodeId, asSandboxId, asRequestId, asFunctionName, asVersion } from '../../support/ids.ts';
import { describe, test } from 'node:test';
import { Chalk } from 'chalk';
import type { FunctionDetail, LogRecord } from '../../../src/contract/index.ts';
import { renderGaps, renderReclaimed } from '../../../src/cli/render/daemon.ts';
import { renderDeployed } from '../../../src/cli/render/deployed.ts';
import { formatAge, formatBytes, formatDuration, parseTime, plural } from '../../../src/cli/render/format.ts';
import { renderLogRecord } from '../../../src/cli/fast/log-record.ts';
import { facts, safe, table } from '../../../src/cli/render/table.ts';
import { renderVersions } from '../../../src/cli/render/versions.ts';

const plain = new Chalk({ level: 0 });
const NOW = 1_800_000_000_000;

describe('numbers for people', () => {
  test('bytes', () =>
    assert.deepEqual([0, 1023, 1536, 20 * 1024 * 1024].map(formatBytes), ['0 B', '1023 B', '1.5 KiB', '20 MiB']));
  test('durations', () =>
    assert.deepEqual([12.4, 400, 12_000, 125_000].map(formatDuration), ['12 ms', '0.4 s', '12 s', '2 min 5 s']));
  test('ages', () =>
    assert.deepEqual(
      [0, 30, 300, 7200, 200_000].map((s) => formatAge(NOW - s * 1000, NOW)),
      ['just now', '30 s ago', '5 min ago', '2 h ago', '2 d ago'],
    ));
  test('an age in the future is now', () => assert.equal(formatAge(NOW + 5000, NOW), 'just now'));
  test('plurals', () => assert.deepEqual([plural(1, 'file'), plural(2, 'file')], ['1 file', '2 files']));
});

describe('reading a time', () => {
  test('takes ages', () =>
    assert.deepEqual(
      ['30s', '5m', '2h', '1d'].map((t) => NOW - (parseTime(t, NOW) ?? 0)),
      [30_000, 300_000, 7_200_000, 86_400_000],
    ));
  test('takes dates and seconds since the epoch', () => {
    assert.equal(parseTime('2026-01-31T12:00:00Z', NOW), Date.UTC(2026, 0, 31, 12));
    assert.equal(parseTime('1800000000', NOW), NOW);
  });
  test('refuses other text', () =>
    assert.deepEqual(
      ['', 'yesterday', '5', '5x', '-5m', '2026-99-99'].map((t) => parseTime(t, NOW)),
      Array(6).fill(undefined),
    ));
});

describe('tables', () => {
  const columns = [
    { heading: 'NAME', cell: (r: { n: string; c: number }) => r.n },
    { heading: 'COUNT', cell: (r: { n: string; c: number }) => String(r.c), align: 'right' as const },
  ];
  test('align columns', () =>
    assert.equal(
      table(
        [
          { n: 'a', c: 1 },
          { n: 'longer', c: 20 },
        ],
        columns,
      ),
      'NAME    COUNT\na           1\nlonger     20',
    ));
  test('ignore colours in widths', () => {
    const bold = new Chalk({ level: 1 }).bold('a');
    assert.equal(table([{ n: bold, c: 1 }], columns).split('\n')[1], `${bold}         1`);
  });
  test('are empty without rows', () => assert.equal(table([], columns), ''));
  test('facts align values', () =>
    assert.equal(
      facts([
        ['a', '1'],
        ['long', '2'],
      ]),
      'a:    1\nlong: 2',
    ));
  test('untrusted cells stay on one line and cannot control the terminal', () =>
    assert.equal(safe('a\n\u001b[2Jb'), 'a \uFFFD[2Jb'));
});

describe('log records', () => {
  const record: LogRecord = {
    time: NOW,
    stream: 'stdout',
    requestId: asRequestId('0123456789'),
    version: asVersion(2),
    sandbox: asSandboxId('s'),
    node: nodeId('0123456789ab'),
    text: 'one\u001b[31m\ntwo',
  };
  test('are safe and indented when pretty', () => {
    assert.match(renderLogRecord(record, 'pretty', false), /^\d\d:\d\d:\d\d\.000 01234567 one\uFFFD\[31m\n {22}two\n$/);
  });
  test('are unchanged when raw', () => assert.equal(renderLogRecord(record, 'raw', false), 'one\u001b[31m\ntwo\n'));
  test('are one line of JSON', () => assert.deepEqual(JSON.parse(renderLogRecord(record, 'json', false)), record));
  test('are coloured by stream', () => {
    const color = new Chalk({ level: 1 });
    const paints: readonly [LogRecord['stream'], (text: string) => string][] = [
      ['stderr', color.yellow],
      ['platform', color.cyan],
      ['stdout', (text) => text],
    ];
    for (const [stream, paint] of paints) {
      const [first = '', second] = renderLogRecord({ ...record, stream, text: 'x\n\ny' }, 'pretty', true).split('\n');
      assert.match(first, /^\u001b\[2m\d\d:\d\d:\d\d\.000 01234567\u001b\[22m /); // oxlint-disable-line no-control-regex -- colours begin so
      assert.ok(first.endsWith(` ${paint('x')}`), first);
      assert.equal(second, ' '.repeat(22));
    }
  });
});

describe('the result line of a deploy', () => {
  const answer = {
    name: asFunctionName('hello'),
    version: asVersion(2),
    unchanged: false,
    previous: asVersion(1),
    url: 'http://127.0.0.1:8000/hello',
    notices: [],
  };
  test('when it is live', () =>
    assert.equal(renderDeployed(answer, 400, false), 'hello v2 live in 0.4 s  http://127.0.0.1:8000/hello'));
  test('when nothing changed', () =>
    assert.equal(
      renderDeployed({ ...answer, unchanged: true, version: asVersion(3) }, 1, false),
      'hello: no change (v3)',
    ));
  test('when it is a dry run', () =>
    assert.equal(renderDeployed(answer, 1, true), 'hello: would become v2 (dry run, nothing changed)'));
});

describe('the output of a start', () => {
  test('about leftovers', () => {
    assert.equal(
      renderReclaimed({ containers: 2, processes: 1, files: 0 }),
      'reclaimed from a daemon that was killed: 2 containers, 1 process',
    );
    assert.equal(
      renderReclaimed({ containers: 0, processes: 3, files: 1 }),
      'reclaimed from a daemon that was killed: 3 processes, 1 file',
    );
    assert.equal(renderReclaimed({ containers: 0, processes: 0, files: 0 }), '');
  });
  test('about gaps', () => {
    assert.equal(
      renderGaps({ driver: 'process', gaps: ['no network isolation'] }),
      'the process driver does not isolate everything here:\n  - no network isolation',
    );
  });
});

test('the live version differs from one with an alias named live', () => {
  const version = { size: 1, createdAt: NOW, by: 'a@b', message: '' };
  const allVersions = [
    { ...version, version: 2, live: false, aliases: ['live'] },
    { ...version, version: 1, live: true, aliases: [] },
  ] as unknown as FunctionDetail['allVersions'];
  const lines = renderVersions({ allVersions } as FunctionDetail, NOW, plain).split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/).slice(0, 3)),
    [
      ['VERSION', 'LIVE', 'ALIASES'],
      ['v2', 'live', '1 B'],
      ['v1', '*', '1 B'],
    ],
  );
});
