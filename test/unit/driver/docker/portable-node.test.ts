import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portable, portableNode } from '../../../../src/driver/docker/base/portable-node.ts';

test("lam's Node is started by this machine's loader, with the libraries that it has loaded", () => {
  const { command, mounts } = portable('/opt/node/bin/node', [
    '/opt/node/bin/node',
    '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
    '/usr/lib/x86_64-linux-gnu/libc.so.6',
    '/usr/lib/locale/C.utf8/LC_CTYPE',
    '/lib64/ld-linux-x86-64.so.2',
  ]);
  assert.deepEqual(command, ['/lam/lib/ld-linux-x86-64.so.2', '--library-path', '/lam/lib', '/lam/node']);
  assert.deepEqual(
    mounts.map(({ target }) => target),
    ['/lam/lib/libstdc++.so.6', '/lam/lib/libc.so.6', '/lam/lib/ld-linux-x86-64.so.2'],
  );
});

test('a static Node, and one of another system, is started by itself', () => {
  for (const loaded of [[], ['/opt/node/bin/node']])
    assert.deepEqual(portable('/opt/node/bin/node', loaded), { command: ['/lam/node'], mounts: [] });
});

test('the Node that runs this is found with its libraries', { skip: process.platform !== 'linux' }, () => {
  const { command, mounts } = portableNode(process.execPath);
  assert.equal(command.at(-1), '/lam/node');
  assert.ok(mounts.some(({ target }) => target.includes('libc.')));
});
