import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../../src/kit/index.ts';
import { readBody } from '../../../src/edge/body.ts';

test('a sender that disconnects in the middle of a body is reported as gone, with a length or chunked', async () => {
  for (const how of ['content-length: 100', 'transfer-encoding: chunked']) {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const requested = once(server, 'request');
      const sender = connect((server.address() as AddressInfo).port, '127.0.0.1');
      sender.write(`POST / HTTP/1.1\r\nhost: h\r\n${how}\r\n\r\n5\r\nhello\r\n`);
      const [request] = (await requested) as [IncomingMessage];
      const body = readBody(request, 1000, systemClock);
      sender.destroy();
      await assert.rejects(body, { code: 'LAM_EDGE_CLIENT_GONE' }, how);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
});
