import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { describe, test } from 'node:test';
import { lamSession } from './session.ts';

describe('deploys and rollbacks under load', () => {
  test(
    'fail no request, and none is answered by a version older than the last move that returned',
    { timeout: 240_000 },
    async () => {
      await using s = await lamSession();
      const code = (n: number): string => `export const handler = async () => ${n};`;
      await s.deployNode('moving', code(1));
      await s.deployNode('moving', code(2));
      // Versions 1 and 2 are live alternately: the times of sending and answering determine which ones a request may
      // see.
      const moves: { from: number; settledAt: number; version: number }[] = [
        { from: 0, settledAt: performance.now(), version: 2 },
      ];
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const wrong: string[] = [];
      let sent = 0;
      let over = false;
      const once = (): Promise<{ status: number; text: string }> =>
        new Promise((resolve, reject) => {
          const asked = request(`${s.url}/moving`, { agent }, (answer) => {
            let text = '';
            answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
            answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
          });
          asked.on('error', reject);
          asked.end();
        });
      const load = async (): Promise<void> => {
        while (!over) {
          const began = performance.now();
          const { status, text } = await once().catch((error: unknown) => ({ status: 0, text: String(error) }));
          sent += 1;
          const ended = performance.now();
          const current = moves.findLast((move) => move.settledAt <= began)?.version;
          const allowed = new Set([
            current,
            ...moves.filter((move) => move.settledAt > began && move.from < ended).map((move) => move.version),
          ]);
          if (status !== 200 || !allowed.has(Number(text)))
            wrong.push(`${status} ${text}, allowed ${[...allowed].join(' ')}`);
        }
      };
      const clients = Array.from({ length: 8 }, load);
      let answered = 2;
      for (let i = 0; i < 20; i += 1) {
        const target = answered === 2 ? 1 : 2;
        const move = { from: performance.now(), settledAt: Infinity, version: target };
        moves.push(move);
        // Every fourth move is a deploy of code that was live before, which is a new version of the same answer.
        if (i % 4 === 3) await s.deployNode('moving', code(target), { timeout: 30 + i });
        else await s.ok(['rollback', 'moving', ...(i % 4 === 0 ? [] : [String(target)])]);
        move.settledAt = performance.now();
        answered = target;
      }
      over = true;
      await Promise.all(clients);
      agent.destroy();
      assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${sent} requests`);
      assert.ok(sent > 200, `${sent} requests`);
    },
  );
});
