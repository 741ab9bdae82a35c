import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Cuttable } from '../conformance/docker-rig.ts';
import { containersOf, engineSocket, eventually, http, lamSession, NO_DOCKER } from './session.ts';

const SLEEPER = `export const handler = async (event) => { await new Promise((go) => setTimeout(go, event.ms ?? 0)); return event.ms ?? 'quick'; };`;

describe('a Docker engine that stops', { skip: NO_DOCKER }, () => {
  test(
    'gives a clear error with exit 7, and once it is back the same daemon goes on',
    { timeout: 240_000 },
    async () => {
      await using s = await lamSession({ driver: 'docker' });
      const path = join(s.root, 'engine.sock');
      await using proxy = new Cuttable(path, engineSocket());
      await proxy.open();
      const env = { DOCKER_HOST: `unix://${path}` };
      await s.ok(['start'], { env });
      const { pid } = await s.status();
      await s.deployNode('sleeper', SLEEPER);
      await s.deployNode('other', SLEEPER);
      assert.equal((await s.ok(['invoke', 'sleeper', '-d', '{"ms":1}'])).stdout, '1');

      await proxy.cut();
      rmSync(path, { force: true });
      const { message, hint } = await s.refused(['invoke', 'other'], 'LAM_DRIVER_DOCKER_UNREACHABLE', 7);
      assert.match(message, /engine/i);
      assert.match(hint ?? '', /start it|--driver process/);
      const overHttp = await http(`${s.url}/other`);
      assert.ok([424, 502, 503].includes(overHttp.status), String(overHttp.status));
      assert.match(overHttp.body.toString(), /LAM_DRIVER_DOCKER_UNREACHABLE/);
      // Commands without the engine still work.
      assert.equal((await s.status()).pid, pid);
      assert.equal((await s.json<unknown[]>(['list'])).length, 2);
      await s.ok(['logs', 'sleeper']);

      await proxy.open();
      assert.ok(
        await eventually(async () => (await s.run(['invoke', 'other', '-d', '{"ms":2}'])).stdout === '2', 20_000),
      );
      assert.equal((await s.ok(['invoke', 'sleeper', '-d', '{"ms":3}'])).stdout, '3');
      assert.equal((await s.status()).pid, pid);
      // Containers lost while the engine was stopped are removed.
      assert.ok(
        await eventually(async () => {
          const { sandboxes } = await s.status();
          return (
            (await containersOf(s)).length <= sandboxes.idle + sandboxes.busy + sandboxes.starting + sandboxes.stems
          );
        }, 20_000),
        `${(await containersOf(s)).length} containers, ${JSON.stringify((await s.status()).sandboxes)}`,
      );
      await s.ok(['stop']);
      assert.deepEqual(await containersOf(s), []);
    },
  );

  test('during an invocation does not leave the caller waiting', { timeout: 240_000 }, async () => {
    await using s = await lamSession({ driver: 'docker' });
    const path = join(s.root, 'engine.sock');
    await using proxy = new Cuttable(path, engineSocket());
    await proxy.open();
    await s.ok(['start'], { env: { DOCKER_HOST: `unix://${path}` } });
    await s.deployNode('sleeper', SLEEPER);
    await s.ok(['invoke', 'sleeper']);
    const running = s.run(['invoke', 'sleeper', '-d', '{"ms":3000}']);
    await s.untilBusy(1);
    await proxy.cut();
    rmSync(path, { force: true });
    const { code, stdout, ms } = await running;
    // The container keeps running without its engine, so either is correct: its answer, or a failure that names the
    // engine.
    assert.ok(code === 0 ? stdout === '3000' : code === 5 || code === 7, `${code} ${stdout}`);
    assert.ok(ms < 15_000, `${ms} ms`);
    await proxy.open();
    assert.ok(
      await eventually(async () => (await s.run(['invoke', 'sleeper', '-d', '{"ms":2}'])).stdout === '2', 20_000),
    );
    await s.ok(['stop']);
  });

  test('before the first sandbox does not prevent a deploy', { timeout: 240_000 }, async () => {
    await using s = await lamSession({ driver: 'docker' });
    const path = join(s.root, 'engine.sock');
    await using proxy = new Cuttable(path, engineSocket());
    await proxy.open();
    await s.ok(['start'], { env: { DOCKER_HOST: `unix://${path}` } });
    await proxy.cut();
    rmSync(path, { force: true });
    const cwd = s.files('sleeper', { 'lam.yaml': 'name: sleeper\nruntime: nodejs\n', 'index.mjs': SLEEPER });
    const deployed = await s.run(['deploy', '--json'], { cwd });
    if (deployed.code !== 0) {
      const { error } = JSON.parse(deployed.stdout) as { error: { code: string } };
      assert.equal(error.code, 'LAM_DRIVER_DOCKER_UNREACHABLE');
      assert.equal(deployed.code, 7);
      assert.deepEqual(await s.json(['list']), []);
    }
    await proxy.open();
    await s.ok(['deploy'], { cwd });
    assert.equal((await s.ok(['invoke', 'sleeper', '-d', '{"ms":4}'])).stdout, '4');
    await s.ok(['stop']);
  });
});
