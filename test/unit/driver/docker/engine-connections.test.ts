import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { EngineConnections } from '../../../../src/driver/docker/engine/engine-connections.ts';
import { CLOSED, ifCode } from '../../../support/if-code.ts';

test('the engine\u2019s agent formats to one word however many connections are open', async () => {
  const server = createServer(() => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new EngineConnections();
  try {
    const asked = Array.from({ length: 3 }, () => get({ port, host: '127.0.0.1', agent }, () => undefined));
    for (const one of asked) one.on('error', ifCode(CLOSED, undefined));
    await Promise.all(asked.map((one) => once(one, 'socket')));
    assert.equal(inspect({ agent }, { showHidden: true, depth: null }), '{ agent: EngineConnections }');
  } finally {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  }
});
