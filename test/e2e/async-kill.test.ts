import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { socketPath, type AsyncResult, type Status } from '../../src/contract/index.ts';
import { overSocket } from './machine.ts';
import { eventually, kill, lamSession } from './session.ts';

const EVENTS = 10_000;
const KILLS = 12;
/** Events on their way at a time. */
const SENDERS = 32;

/** A function that reports each event to the test before it answers. */
const CODE = `
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true });
exports.handler = (event) =>
  new Promise((resolve, reject) => {
    const report = http.request(process.env.REPORT_TO, { method: 'POST', agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(event.n));
    });
    report.on('error', reject);
    report.end(String(event.n));
  });
`;

/** Counts how often each event ran. */
async function counter(): Promise<{ url: string; runs: Map<number, number>; close(): void }> {
  const runs = new Map<number, number>();
  const server = createServer((asked, answer) => {
    let text = '';
    asked.on('data', (chunk: Buffer) => (text += chunk.toString()));
    asked.on('end', () => {
      runs.set(Number(text), (runs.get(Number(text)) ?? 0) + 1);
      answer.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, runs, close };
}

/** Sends an event; returns its request id, or undefined if it was not acknowledged. */
function send(port: number, agent: Agent, n: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({
      port,
      host: '127.0.0.1',
      agent,
      method: 'POST',
      path: '/2015-03-31/functions/count/invocations',
      headers: { 'x-amz-invocation-type': 'Event' },
    });
    asked.on('error', () => resolve(undefined));
    asked.on('response', (answer) => {
      answer.resume();
      answer.on('error', () => resolve(undefined));
      resolve(answer.statusCode === 202 ? String(answer.headers['x-amzn-requestid']) : undefined);
    });
    asked.end(JSON.stringify({ n }));
  });
}

test(
  'kill -9 at any moment loses no asynchronous invocation that was acknowledged, and those that ran twice are explained',
  { timeout: 300_000 },
  async (t) => {
    await using s = await lamSession({ driver: 'process' });
    const { url, runs, close } = await counter();
    const agent = new Agent({ keepAlive: true });
    t.after(() => {
      agent.destroy();
      close();
    });
    const cwd = s.files('count', {
      'lam.yaml': `name: count\nruntime: nodejs\nnetwork: open\nconcurrency: 8\nmaxConcurrency: 16\ntimeout: 30\nenvironment:\n  REPORT_TO: ${url}\n`,
      'index.js': CODE,
    });
    await s.ok(['deploy'], { cwd });
    const acknowledged = new Map<number, string>();
    let sent = 0;
    let up = Promise.resolve();
    const sender = async (): Promise<void> => {
      while (acknowledged.size < EVENTS) {
        await up;
        const n = sent++;
        const id = await send(s.port, agent, n);
        if (id !== undefined) acknowledged.set(n, id);
      }
    };
    const sending = Promise.all(Array.from({ length: SENDERS }, sender));
    for (let killed = 1; killed <= KILLS; killed++) {
      const { pid } = await s.json<Status>(['start']);
      const most = (killed / (KILLS + 1)) * EVENTS;
      assert.ok(await eventually(() => acknowledged.size >= most, 60_000), `${acknowledged.size} acknowledged`);
      const back = Promise.withResolvers<void>();
      up = back.promise;
      kill(pid);
      await s.ok(['start']);
      back.resolve();
    }
    await sending;
    const missing = (): number[] => [...acknowledged.keys()].filter((n) => !runs.has(n));
    const allRan = await eventually(() => missing().length === 0, 120_000);
    assert.ok(allRan, `${missing().length} acknowledged events never ran: ${missing().slice(0, 5).join()}`);
    const twice = [...runs].filter(([, count]) => count > 1);
    t.diagnostic(`${KILLS} kills, ${acknowledged.size} of ${sent} acknowledged, ${twice.length} ran twice or more`);
    for (const [n, count] of twice) {
      const id = acknowledged.get(n);
      if (id === undefined) continue;
      const { body } = await overSocket(socketPath(s.home), 'GET', `/_lam/v1/invocations/${id}?wait=10000`);
      const { interrupted, attempts, state } = JSON.parse(body.toString()) as AsyncResult;
      assert.equal(state, 'COMPLETED');
      assert.ok(count <= interrupted + attempts, `event ${n} ran ${count} times, of which ${interrupted} interrupted`);
    }
  },
);
