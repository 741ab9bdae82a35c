import assert from 'node:assert/strict';
import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { lamSession, NO_DOCKER } from './session.ts';

/** Appends to a file in /tmp, waits if asked to, and returns the length of the file and how often this process ran. */
const HANDLER = `const fs = require('node:fs');
const file = (process.env.TMPDIR ?? '/tmp') + '/calls';
let calls = 0;
exports.handler = async ({ wait, env }) => {
  if (env) return process.env[env];
  fs.appendFileSync(file, 'x');
  if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
  return [fs.readFileSync(file, 'utf8').length, ++calls];
};
`;
const PROBE = join(import.meta.dirname, '../fixtures/functions/layer-probe');

for (const driver of ['process', 'docker'] as const)
  describe(`the environment of functions with the ${driver} driver`, { skip: driver === 'docker' && NO_DOCKER }, () => {
    test('keeps /tmp over a time-out and loses its memory; names the Runtime API', async () => {
      await using s = await lamSession({ driver });
      writeFileSync(join(s.cwd, 'index.js'), HANDLER);
      writeFileSync(join(s.cwd, 'lam.yaml'), 'name: again\nruntime: nodejs\ntimeout: 1\n');
      await s.ok(['deploy']);
      const call = async (event: object): Promise<unknown> =>
        JSON.parse((await s.ok(['invoke', 'again', '-d', JSON.stringify(event)])).stdout);
      assert.deepEqual(await call({}), [1, 1]);
      assert.match(
        (await s.run(['invoke', 'again', '-d', '{"wait":5000}'])).stdout,
        /Task timed out after 1\.00 seconds/,
      );
      assert.deepEqual(await call({}), [3, 1]);
      const [, port] = /^[\d.]+:(\d+)$/.exec(String(await call({ env: 'AWS_LAMBDA_RUNTIME_API' }))) ?? [];
      assert.ok(Number(port) > 0 && Number(port) <= 32_767);
    });

    test(
      'runs the extensions of its layers',
      { skip: driver === 'docker' && 'the Docker driver starts none' },
      async () => {
        await using s = await lamSession({ driver });
        writeFileSync(join(s.cwd, 'index.js'), HANDLER);
        cpSync(PROBE, join(s.cwd, 'probe'), { recursive: true });
        chmodSync(join(s.cwd, 'probe/extensions/probe'), 0o755);
        const layers = 'layers: ["./probe"]\nenvironment: { PROBE: listen }\n';
        writeFileSync(join(s.cwd, 'lam.yaml'), `name: watched\nruntime: nodejs\n${layers}`);
        await s.ok(['deploy']);
        for (const calls of [1, 2])
          assert.deepEqual(JSON.parse((await s.ok(['invoke', 'watched', '-d', '{}'])).stdout), [calls, calls]);
        await s.ok(['stop']);
        const { stdout } = await s.ok(['logs', 'watched']);
        assert.equal(stdout.match(/got INVOKE/g)?.length, 2, stdout);
        assert.match(stdout, /got SHUTDOWN spindown/);
        assert.match(stdout, /telemetry platform\.report/);
      },
    );
  });
