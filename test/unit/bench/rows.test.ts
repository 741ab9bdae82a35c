import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { fromBufferPromise } from 'yauzl';
import { zipOf } from '../../../bench/lam/zip.ts';
import { generate } from '../../../bench/load/load.ts';
import type { Measure } from '../../../bench/measure.ts';
import { NODE } from '../../../bench/processes.ts';
import { NotRun, type Row } from '../../../bench/row.ts';
import { ROWS } from '../../../bench/rows/index.ts';
import { Session } from '../../../bench/session.ts';

const measures = ROWS.flatMap((row) => row.measures);

describe('the rows', () => {
  test('every row, measure and group has a unique name', () => {
    const ids = ROWS.map((row) => row.id);
    const groups = [...new Set(ROWS.map((row) => row.group))];
    equal(new Set([...ids, ...groups]).size, ids.length + groups.length);
    equal(new Set(measures.map((measure) => measure.id)).size, measures.length);
  });

  test('every aim lies on the good side of its gate', () => {
    for (const { id, gate } of measures) ok(gate.sense === '<=' ? gate.aim <= gate.value : gate.aim >= gate.value, id);
  });

  test('every ratio names what it is a ratio to', () => {
    for (const { id, basis, floorName } of measures) ok(basis.kind === 'absolute' || floorName !== null, id);
  });
});

describe('a session', () => {
  const measure: Measure = {
    id: 'm',
    title: 'a measure',
    unit: 'ms',
    basis: { kind: 'ratio' },
    floorName: 'f',
    gate: { sense: '<=', value: 2, aim: 1 },
  };
  const rowOf = (run: Row['run']): Row => ({ id: 'r', group: 'g', measures: [measure], run });

  test('distinguishes missed, failed and skipped measures, and ends its processes', async () => {
    const session = new Session({ command: [NODE], peers: [], quick: true, floorsOnly: true });
    const verdicts: (readonly [string, string | undefined])[] = [];
    const rows = [
      rowOf(() => Promise.resolve({ findings: { m: { lam: [3], floor: [1] } } })),
      rowOf(() => Promise.reject(new NotRun('no engine'))),
      rowOf(() => Promise.reject(new Error(`broken\n  ${'x'.repeat(1000)}`))),
      rowOf(() => Promise.resolve({ findings: {} })),
      rowOf(async (scene) => {
        const { target } = await scene.floor();
        const { latencies } = await generate({ kind: 'sequential', target, count: 5, limitMs: 5000 });
        return { findings: { m: { lam: [latencies.length], floor: [5] } } };
      }),
    ];
    for (const row of rows) {
      const [outcome] = (await session.run(row)).outcomes;
      verdicts.push([outcome?.verdict ?? '', outcome?.why]);
    }
    await session.close();
    deepEqual(verdicts, [
      ['missed', undefined],
      ['not run', 'no engine'],
      ['failed', `broken ${'x'.repeat(393)} ...`],
      ['failed', 'the row gave no samples of it'],
      ['holds', undefined],
    ]);
  });
});

describe('the load generator', () => {
  test('an open loop charges a pause to all requests due in it, a closed loop to one request', async () => {
    let count = 0;
    await using server = createServer((request, response) => {
      request.resume();
      count++;
      // One in the middle stops the whole server for 200 ms.
      const until = performance.now() + (count === 60 ? 200 : 0);
      while (performance.now() < until);
      response.end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, path: '/', body: '{}' };
    const slow = (latencies: readonly number[]): number => latencies.filter((ns) => ns > 50e6).length;
    const closed = await generate({ kind: 'sequential', target, count: 100, limitMs: 10_000 });
    equal(closed.latencies.length, 100);
    ok(slow(closed.latencies) <= 15, `${slow(closed.latencies)} slow`);
    count = 0;
    const open = await generate({ kind: 'open-loop', target, perSecond: 200, seconds: 1 });
    equal(open.latencies.length, 200);
    ok(slow(open.latencies) >= 20, `${slow(open.latencies)} slow`);
  });

  test('a server that refuses yields no figures', async () => {
    await using server = createServer((request, response) => {
      request.resume();
      response.writeHead(500).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, path: '/', body: '{}' };
    await rejects(
      generate({ kind: 'sequential', target, count: 3, limitMs: 1000 }),
      /3 requests to http:\/\/127.0.0.1:\d+\/ failed/,
    );
  });
});

test('a zip of the bench is readable by other tools', async () => {
  const files = { 'index.js': 'exports.a = 1;\n', 'empty.txt': '', 'sub/part.js': 'é'.repeat(1000) };
  const zip = await fromBufferPromise(zipOf(files), {});
  const found: Record<string, string> = {};
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    found[entry.fileName] = Buffer.concat(chunks).toString();
  }
  deepEqual(found, files);
});
