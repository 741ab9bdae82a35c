import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { connectionCaps, descriptorLimit } from '../../../src/daemon/connection-caps.ts';
import { networkOf } from '../../../src/edge/connection-limit.ts';
import { apiServer, readAll, testApi } from '../../support/api-server.ts';
import { edgeHouse } from '../../support/edge-house.ts';

const REQUEST = 'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n';

for (const caps of [
  { total: 2, perAddress: 100 },
  { total: 100, perAddress: 2 },
])
  test(`beyond ${JSON.stringify(caps)} a connection is answered 503, and served once another has closed`, async () => {
    await using made = await apiServer([testApi({})], { caps });
    const [first, second] = [await made.dial(), await made.dial()];
    second.write(REQUEST);
    await once(second, 'data');
    for (let i = 0; i < 5; i++) {
      const third = await made.dial();
      const all = readAll(third);
      third.write(REQUEST);
      const text = (await all).toString();
      assert.match(text, /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n[^]*LAM_EDGE_TOO_MANY_CONNECTIONS/);
    }
    first.destroy();
    for (;;) {
      const next = await made.dial();
      next.write(REQUEST);
      const [chunk] = (await once(next, 'data')) as [Buffer];
      if (chunk.toString().startsWith('HTTP/1.1 200 ')) break;
    }
  });

test("the owner's socket has no caps, and the port's do not count for it", async () => {
  await using house = await edgeHouse({}, { caps: { total: 1, perAddress: 1 }, way: 'node:http' });
  const holder = connect(house.port, '127.0.0.1');
  await once(holder, 'connect');
  assert.equal((await house.ask('/_lam/health')).status, 503);
  const sockets = Array.from({ length: 5 }, () => connect(house.socketPath));
  assert.equal((await house.control('/_lam/v1/status')).status, 200);
  for (const socket of [...sockets, holder]) socket.destroy();
});

describe('addresses that count as one', () => {
  for (const [address, network] of [
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:192.168.1.5', '192.168.1.5'],
    ['192.168.1.5', '192.168.1.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['fe80::', 'fe80:0:0:0'],
  ] as const)
    test(`${address} is ${network}`, () => assert.equal(networkOf(address), network));
});

test('caps leave half of the descriptors to sandboxes, and half of the rest to other addresses', () => {
  assert.deepEqual(connectionCaps(1024), { total: 512, perAddress: 256 });
  assert.deepEqual(connectionCaps(20_000), { total: 10_000, perAddress: 5_000 });
  assert.deepEqual(connectionCaps(Infinity), { total: 10_000, perAddress: 5_000 });
  assert.ok(descriptorLimit() >= 256);
});
