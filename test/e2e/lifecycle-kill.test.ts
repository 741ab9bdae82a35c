import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../../src/contract/index.ts';
import { eventually, isRunning, kill, lamSession, leftovers, processesOf } from './session.ts';

const ROUNDS = 12;

/** A seeded generator of numbers from 0 to 1 (mulberry32), so that failures can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test(
  'kill -9 at any moment of a deploy loses no version that was acknowledged and leaves nothing half-made',
  { timeout: 240_000 },
  async (t) => {
    const seed = Number(process.env['LAM_TEST_SEED'] ?? Date.now() % 1_000_000);
    t.diagnostic(`LAM_TEST_SEED=${seed}`);
    const next = random(seed);
    await using s = await lamSession();
    const code = (n: number): string => `export const handler = async () => ${n};`;
    /** The answer of each acknowledged version. */
    const acknowledged = new Map<number, number>();
    let content = 0;
    let killed = 0;
    const deploy = async (): Promise<void> => {
      content += 1;
      const mine = content;
      const parts = Object.fromEntries(
        Array.from({ length: 60 }, (_, i) => [`parts/${i}.txt`, `${mine} ${i}\n`.repeat(2000)]),
      );
      const cwd = s.files('moving', {
        ...parts,
        'lam.yaml': 'name: moving\nruntime: nodejs\n',
        'index.mjs': code(mine),
      });
      const { code: exit, stdout } = await s.run(['deploy', '--json', ...(mine === 1 ? [] : ['--no-start'])], { cwd });
      const answer = JSON.parse(stdout) as {
        ok: boolean;
        data: { functions: { version: number }[] };
        error?: { code: string };
      };
      if (exit === 0) acknowledged.set(answer.data.functions[0]?.version ?? 0, mine);
      else
        assert.ok(
          ['LAM_CLIENT_CONNECTION_LOST', 'LAM_CLIENT_DAEMON_NOT_RUNNING'].includes(answer.error?.code ?? ''),
          stdout,
        );
    };
    await deploy();
    for (let round = 0; round < ROUNDS; round += 1) {
      const { pid } = await s.json<Status>(['start']);
      // The start of Node takes the first part of a deploy; kills are timed after it.
      const moment = 120 + next() * 300;
      const deploying = deploy();
      await new Promise((resolve) => setTimeout(resolve, moment));
      kill(pid);
      killed += 1;
      await deploying;
      assert.ok(await eventually(() => !isRunning(pid)));
    }
    await s.ok(['start']);
    const versions = await s.json<{ version: number }[] | { versions: { version: number }[] }>(['versions', 'moving']);
    const listed = new Set((Array.isArray(versions) ? versions : versions.versions).map((one) => one.version));
    t.diagnostic(`${killed} kills, ${acknowledged.size} of ${content} deploys acknowledged, ${listed.size} versions`);
    for (const [version, answer] of acknowledged) {
      assert.ok(listed.has(version), `v${version} was acknowledged and is lost`);
      assert.equal((await s.ok(['invoke', `moving@${version}`])).stdout, String(answer));
    }
    // One whose answer was lost may exist, but then it is complete.
    for (const version of listed) if (!acknowledged.has(version)) await s.ok(['invoke', `moving@${version}`]);
    const hasAll = async (): Promise<boolean> =>
      processesOf(s).length === 1 + listed.size + (await s.status()).sandboxes.stems;
    assert.ok(await eventually(hasAll), `${processesOf(s).length} processes`);
    await s.ok(['stop']);
    assert.deepEqual(await leftovers(s), []);
  },
);
