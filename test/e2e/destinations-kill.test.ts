import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Status } from '../../src/contract/index.ts';
import { eventually, kill, lamSession } from './session.ts';

const EVENTS = 300;
const KILLS = 4;

interface Received {
  readonly requestContext: { readonly requestId: string };
}

test(
  'kill -9 while records are on their way to a destination loses none, and those that came twice have the same id',
  { timeout: 200_000 },
  async (t) => {
    await using s = await lamSession({ driver: 'process' });
    /** Ids of records by the id of their event. */
    const records = new Map<string, string[]>();
    const receiver = createServer((asked, answer) => {
      let text = '';
      asked.on('data', (chunk: Buffer) => (text += chunk.toString()));
      asked.on('end', () => {
        const { requestId } = (JSON.parse(text) as Received).requestContext;
        records.set(requestId, [...(records.get(requestId) ?? []), String(asked.headers['x-lam-request-id'])]);
        answer.end();
      });
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    t.after(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const cwd = s.files('orders', {
      'lam.yaml': `name: orders\nruntime: nodejs\nasync:\n  onSuccess: ${url}\n`,
      'index.js': 'exports.handler = async (event) => event;\n',
    });
    await s.ok(['deploy'], { cwd });
    const ids: string[] = [];
    const send = async (): Promise<void> => {
      const answer = await fetch(`http://127.0.0.1:${s.port}/2015-03-31/functions/orders/invocations`, {
        method: 'POST',
        headers: { 'x-amz-invocation-type': 'Event' },
        body: '{}',
      });
      assert.equal(answer.status, 202);
      ids.push(String(answer.headers.get('x-amzn-requestid')));
    };
    for (let killed = 1; killed <= KILLS; killed++) {
      const { pid } = await s.json<Status>(['start']);
      const before = records.size;
      await Promise.all(Array.from({ length: EVENTS / KILLS }, send));
      assert.ok(await eventually(() => records.size > before, 60_000), 'records arrive');
      kill(pid);
    }
    await s.ok(['start']);
    const missing = (): string[] => ids.filter((id) => !records.has(id));
    assert.ok(await eventually(() => missing().length === 0, 60_000), `${missing().length} records never came`);
    const twice = [...records.values()].filter(({ length }) => length > 1);
    t.diagnostic(`${KILLS} kills, ${ids.length} events, ${twice.length} records came twice or more`);
    for (const sent of twice) assert.equal(new Set(sent).size, 1, sent.join());
    assert.deepEqual(
      [...records.keys()].filter((id) => !ids.includes(id)),
      [],
    );
  },
);
