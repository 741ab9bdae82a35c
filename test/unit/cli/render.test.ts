import assert from 'node:assert/strict';
import { nodeId, asSandboxId, asRequestId, asFunctionName, asVersion } from '../../support/ids.ts';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Chalk } from 'chalk';
import type { FunctionDetail, LogRecord, TriggerDetail } from '../../../src/contract/index.ts';
import { renderGaps, renderReclaimed } from '../../../src/cli/render/daemon.ts';
import { renderDeployed } from '../../../src/cli/render/deployed.ts';
import {
  formatAge,
  formatUntil,
  formatBytes,
  formatDuration,
  formatSpan,
  parseTime,
  plural,
} from '../../../src/cli/render/format.ts';
import { renderLogRecord } from '../../../src/cli/fast/log-record.ts';
import { renderRoutes } from '../../../src/cli/render/routes.ts';
import { facts, safe, table } from '../../../src/cli/render/table.ts';
import { renderTrigger, renderTriggers, triggerCounts, triggerCountsText } from '../../../src/cli/render/triggers.ts';
import { renderHistory, renderVersions } from '../../../src/cli/render/versions.ts';

const plain = new Chalk({ level: 0 });
const NOW = 1_800_000_000_000;

describe('numbers for people', () => {
  test('bytes', () =>
    assert.deepEqual([0, 1023, 1536, 20 * 1024 * 1024].map(formatBytes), ['0 B', '1023 B', '1.5 KiB', '20 MiB']));
  test('durations', () =>
    assert.deepEqual([12.4, 400, 12_000, 125_000, 599_950].map(formatDuration), [
      '12 ms',
      '0.4 s',
      '12 s',
      '2 min 5 s',
      '10 min 0 s',
    ]));
  test('ages', () =>
    assert.deepEqual(
      [0, 30, 300, 7200, 200_000].map((s) => formatAge(NOW - s * 1000, NOW)),
      ['just now', '30 s ago', '5 min ago', '2 h ago', '2 d ago'],
    ));
  test('the time until is rounded', () =>
    assert.deepEqual(
      [0, 50, 3599, 86_399, 30 * 86_400 - 1].map((s) => formatUntil(NOW + s * 1000, NOW)),
      ['now', 'in 50 s', 'in 1 h', 'in 1 d', 'in 30 d'],
    ));
  test('an age in the future is now', () => assert.equal(formatAge(NOW + 5000, NOW), 'just now'));
  test('how long a state has lasted', () =>
    assert.deepEqual(
      [0, 20, 300, 7200, 200_000].map((s) => formatSpan(NOW - s * 1000, NOW)),
      ['0 s', '20 s', '5 min', '2 h', '2 d'],
    ));
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
  test('leave out and shorten columns that allow it, down to the width of a terminal', () => {
    const wide = [
      { heading: 'NAME', cell: () => 'a-rather-long-name', least: 8 },
      { heading: 'SIZE', cell: () => '1.5 KiB', align: 'right' as const, drop: 1 },
      { heading: 'WHEN', cell: () => 'just now', drop: 2 },
      { heading: 'MESSAGE', cell: () => new Chalk({ level: 1 }).green('some words of a message'), least: 10 },
    ];
    const shown = (limit?: number): readonly string[] =>
      table([0], wide, limit).split('\n').map(stripVTControlCharacters);
    const full = shown();
    assert.equal(full[1], 'a-rather-long-name  1.5 KiB  just now  some words of a message');
    assert.deepEqual([shown(62), shown(Infinity)], [full, full]);
    assert.deepEqual(shown(61).slice(1), ['a-rather-long-name  1.5 KiB  just now  some words of a messa…']);
    assert.deepEqual(shown(39), ['NAME         SIZE  WHEN      MESSAGE', 'a-rathe…  1.5 KiB  just now  some word…']);
    assert.deepEqual(shown(38), ['NAME              WHEN      MESSAGE', 'a-rather-long-n…  just now  some word…']);
    assert.deepEqual(shown(28), ['NAME              MESSAGE', 'a-rather-long-n…  some word…']);
    // Nothing more may be left out.
    assert.deepEqual(shown(5), ['NAME      MESSAGE', 'a-rathe…  some word…']);
    for (const limit of [28, 33, 39, 40, 50, 61]) for (const line of shown(limit)) assert.ok(line.length <= limit);
  });
  test('leave out columns without a value in any row before others', () => {
    const rows = ['-', ''];
    const some = [
      { heading: 'NAME', cell: () => 'a-name' },
      { heading: 'SIZE', cell: () => '1 KiB', drop: 1 },
      { heading: 'DONE', cell: (r: string) => r, drop: 3 },
      { heading: 'MORE', cell: (r: string) => (r === '-' ? r : '7'), drop: 2 },
    ];
    const headings = (limit: number): string | undefined => table(rows, some, limit).split('\n')[0];
    assert.deepEqual([25, 24, 18, 12].map(headings), [
      'NAME    SIZE   DONE  MORE',
      'NAME    SIZE   MORE',
      'NAME    MORE',
      'NAME    MORE',
    ]);
  });
  test('of facts go on below in long values, between words', () => {
    const pairs = [
      ['url', 'http://127.0.0.1:8000/a-very-long-name'],
      ['what', 'some words that take several lines'],
    ] as const;
    assert.equal(
      facts(pairs, 20),
      [
        'url:  http://127.0.0.1:8000/a-very-long-name',
        'what: some words',
        '      that take',
        '      several lines',
      ].join('\n'),
    );
    assert.equal(facts(pairs).split('\n')[1], 'what: some words that take several lines');
  });
  test('of facts without a name go on below the one before', () =>
    assert.equal(
      facts([
        ['triggers', 'one'],
        ['', 'two'],
      ]),
      'triggers: one\n          two',
    ));
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

describe('the list of triggers', () => {
  const trigger = (more: Partial<TriggerDetail>): TriggerDetail => ({
    name: 'orders-of-the-day',
    type: 'rabbitmq',
    functionName: asFunctionName('billing-service'),
    state: 'retrying',
    since: NOW - 300_000,
    cause: 'the broker refused the connection: ECONNREFUSED 127.0.0.1:5672',
    config: { type: 'rabbitmq' },
    ...more,
  });
  const headings = (triggers: readonly TriggerDetail[], width: number): string =>
    (renderTriggers(triggers, NOW, width).split('\n')[0] ?? '').replaceAll(/ +/g, ' ');

  test('keeps the cause in 60 columns, and leaves out what it does not know', () => {
    const shown = renderTriggers([trigger({})], NOW, 60).split('\n');
    assert.match(shown[0] ?? '', /^FUNCTION +TRIGGER +STATE +CAUSE$/);
    assert.equal(shown[1], 'billing-ser…  rabbitmq:orders…  retrying  the broker refuse…');
  });

  test('leaves out numbers before the cause, and a cause that nothing has before numbers', () => {
    const counts = {
      received: 9,
      filtered: 0,
      refused: 0,
      succeeded: 1234,
      failed: 0,
      retried: 0,
      dead: 2,
      running: 0,
      held: 0,
    };
    const busy = trigger({ counts, lag: 17 });
    assert.equal(headings([busy], 200), 'FUNCTION TRIGGER STATE SINCE DONE DEAD LAG CAUSE');
    assert.equal(headings([busy], 60), 'FUNCTION TRIGGER STATE CAUSE');
    const { cause: _, ...healthy } = trigger({ state: 'running', counts, lag: 17 });
    assert.equal(headings([healthy], 60), 'FUNCTION TRIGGER STATE DONE DEAD LAG');
    assert.equal(headings([healthy], 54), 'FUNCTION TRIGGER STATE DEAD LAG');
  });

  test('has a page for each, which says for how long, why, and what to do', () => {
    const page = renderTrigger(trigger({ since: NOW - 20_000, hint: 'start the broker' }), NOW).split('\n');
    const refused = (type: string, number: number): boolean => {
      const counts = { received: 0, filtered: 0, refused: number, succeeded: 0, failed: 0, retried: 0, dead: 0 };
      return /^refused: /m.test(renderTrigger(trigger({ type, counts: { ...counts, running: 0, held: 0 } }), NOW));
    };
    assert.deepEqual([refused('webhook', 0), refused('rabbitmq', 0)], [true, false]);
    assert.deepEqual(page.slice(2, 5), [
      'state:    retrying for 20 s',
      'cause:    the broker refused the connection: ECONNREFUSED 127.0.0.1:5672',
      'hint:     start the broker',
    ]);
  });

  test('is summed up by kind for lam status', () => {
    const counts = {
      received: 9,
      filtered: 0,
      refused: 0,
      succeeded: 7,
      failed: 3,
      retried: 1,
      dead: 2,
      running: 0,
      held: 0,
    };
    const all = [
      trigger({ state: 'running', counts, lag: 17 }),
      trigger({ counts: { ...counts, dead: 0 } }),
      trigger({ type: 'schedule', state: 'paused' }),
    ];
    assert.equal(
      triggerCountsText(triggerCounts(all)),
      'rabbitmq: 1 running, 1 retrying, 14 succeeded, 6 failed, 2 retried, 2 dead, 17 lag; schedule: 1 paused',
    );
    assert.equal(triggerCountsText(triggerCounts([])), '');
  });
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
    endpoints: ['http://127.0.0.1:8000/hello'],
    notices: [],
  };
  test('when it is live', () =>
    assert.equal(renderDeployed(answer, 400, false), 'hello v2 live in 0.4 s  http://127.0.0.1:8000/hello'));
  test('when its routes have closed its own URL', () => {
    const endpoints = ['GET http://127.0.0.1:8000/a', 'GET http://127.0.0.1:8000/b', 'GET http://127.0.0.1:8000/c'];
    assert.equal(
      renderDeployed({ ...answer, endpoints }, 400, false),
      'hello v2 live in 0.4 s  GET http://127.0.0.1:8000/a (2 more: lam describe hello)',
    );
  });
  test('when nothing changed', () =>
    assert.equal(
      renderDeployed({ ...answer, unchanged: true, version: asVersion(3) }, 1, false),
      'hello: no change (v3)',
    ));
  test('when it is a dry run', () =>
    assert.equal(renderDeployed(answer, 1, true), 'hello: would become v2 (dry run, nothing changed)'));
});

describe('the history', () => {
  test('shows moves, and changes of limits, which move nothing', () => {
    const change = { at: NOW - 300_000, by: 'me', action: 'config', message: '' } as const;
    const lines = renderHistory(
      [
        { ...change, from: asVersion(2), to: asVersion(2), message: 'rateLimit: none -> 5' },
        { ...change, from: asVersion(1), to: asVersion(2) },
      ],
      NOW,
    ).split('\n');
    assert.match(lines[1] ?? '', /config +live +v2 +me +rateLimit: none -> 5$/);
    assert.match(lines[2] ?? '', /config +live +v1 -> v2 +me$/);
  });
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

test('marked versions have a column and a line with the reason each', () => {
  const version = { size: 1, createdAt: NOW, by: 'me', message: '', aliases: [], live: false };
  const allVersions = [
    { ...version, version: 3, check: { result: 'failed', reason: 'Error: no\u001b[1m' } },
    { ...version, version: 2, check: { result: 'skipped', reason: '--no-verify' } },
    { ...version, version: 1, live: true },
  ] as unknown as FunctionDetail['allVersions'];
  const lines = renderVersions({ allVersions } as FunctionDetail, NOW, plain).split('\n');
  assert.match(lines[0] ?? '', /BY +CHECK +MESSAGE$/);
  assert.deepEqual(
    lines.slice(1, 4).map((line) => line.split(/ {2,}/).at(-1)),
    ['failed', 'skipped', 'me'],
  );
  assert.deepEqual(lines.slice(4), ['v3 failed its check: Error: no\uFFFD[1m', 'v2 was not verified: --no-verify']);
});

test('the table of routes names the schemes of auth, short or with options', () => {
  const auths = ['api-key', { type: 'basic', users: { ada: '${PW}' } }];
  const rows = auths.map((auth) => ({
    route: 'GET /a',
    function: asFunctionName('f'),
    from: 'lam.yaml',
    options: { auth, cors: true, compress: false, host: { other: 1 } },
  }));
  const lines = renderRoutes(rows, undefined).split('\n').slice(1);
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/).at(-1)),
    ['auth=api-key, cors, host', 'auth=basic, cors, host'],
  );
});

test('a table of very many rows is printed', () => {
  const rows = Array.from({ length: 200_000 }, (_, at) => at);
  const text = table(rows, [{ heading: 'N', cell: String }], 80);
  assert.equal(text.split('\n').length, 200_001);
});
