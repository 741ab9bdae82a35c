import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, house, post, reached, settled } from './plain-house.ts';

const CHUNKED = 'POST /chunked HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('a plain connection', () => {
  test('reads a body in chunks that arrives in a few reads, and its trailers', async () => {
    await using made = await house({ mostChunkedBytes: 1000 });
    const client = await made.dial();
    const text = `${CHUNKED}3\r\nabc\r\n0\r\nLate: yes\r\n\r\n`;
    for (const part of [text.slice(0, 20), text.slice(20, CHUNKED.length + 4), text.slice(CHUNKED.length + 4)]) {
      client.send(part);
      await settled();
    }
    client.send(post('/a', 'x'));
    await reached(() => made.calls.length, 2);
    const [first] = made.calls;
    assert.deepEqual([String(first?.body), { ...first?.trailers }], ['abc', { late: 'yes' }]);
    for (const call of made.calls) answer(call, 'ok');
    await client.until(/ok[^]*ok/);
    assert.deepEqual(made.byNode, []);
  });

  test('leaves a body in chunks to node:http that is longer than it reads, or arrives in many reads', async () => {
    await using made = await house({ mostChunkedBytes: 1000 });
    const long = await made.dial();
    long.send(`${CHUNKED}3e8\r\n${'x'.repeat(1000)}`);
    await reached(() => made.byNode.length, 1);
    const slow = await made.dial();
    for (let i = 0; made.byNode.length < 2 && i < 500; i++) {
      slow.send(i === 0 ? CHUNKED : '1\r\nx\r\n');
      await settled();
    }
    assert.equal(made.byNode.length, 2);
    assert.equal(made.calls.length, 0);
    slow.send('0\r\n\r\n');
    await slow.until(/node \/chunked/);
  });

  test('leaves all bodies in chunks to node:http where the service reads none', async () => {
    await using made = await house();
    const client = await made.dial();
    client.send(`${CHUNKED}0\r\n\r\n`);
    await client.until(/node \/chunked/);
    assert.deepEqual([made.calls.length, made.looked()], [0, 0]);
  });
});
