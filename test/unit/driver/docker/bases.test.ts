import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bases } from '../../../../src/driver/docker/base/bases.ts';
import { parseRuntime } from '../../../../src/runtimes/index.ts';

test('an engine on another machine has no base without an image', async () => {
  const runtime = parseRuntime('nodejs');
  assert.ok(runtime !== undefined);
  const bases = new Bases({
    docker: () => assert.fail('the engine was asked'),
    socketPath: '/run/docker.sock',
    isLocalLinux: false,
    pullLimitMs: 1000,
    nodeBinary: process.execPath,
    nodeArgs: [],
    assetsDir: '/nonexistent',
  });
  await assert.rejects(bases.find(runtime, null), {
    code: 'LAM_DRIVER_NO_BASE',
    message: /does not run on this machine/,
  });
});
