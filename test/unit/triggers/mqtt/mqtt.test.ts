import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { mqtt, type MqttTrigger } from '../../../../src/triggers/mqtt/mqtt.ts';
import { MqttConnection } from '../../../../src/triggers/mqtt/run/mqtt-connection.ts';
import { matchesTopic, topicFault } from '../../../../src/triggers/mqtt/topic.ts';
import type { SourceContext } from '../../../../src/triggers/source/run/source-starter.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function faultOf(more: Partial<MqttTrigger>): string | undefined {
  return mqtt.fault({ type: 'mqtt', url: 'mqtt://localhost:1883', topic: 'a/+', ...more })?.fault;
}

describe('a topic of MQTT', () => {
  test('has levels between slashes; only those to read have wildcards', () => {
    for (const topic of ['a', 'a/b', '/a', 'a//b', '+', '#', 'a/+/b', 'a/#'])
      assert.equal(topicFault(topic, true), undefined);
    for (const topic of ['a#', 'a/#/b', 'a+/b'])
      assert.match(topicFault(topic, true) ?? '', /must be a topic like/, topic);
    for (const topic of ['a/+', '#']) assert.match(topicFault(topic, false) ?? '', /without wildcards/);
    assert.match(topicFault('$share/g/a', true) ?? '', /`group`/);
    assert.match(topicFault('a\0', true) ?? '', /null/);
  });

  test('is matched by filters level by level', () => {
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['a/b', 'a/b', true],
      ['a/+', 'a/b', true],
      ['a/+', 'a/b/c', false],
      ['a/#', 'a', true],
      ['a/#', 'a/b/c', true],
      ['#', 'a', true],
      ['#', '$SYS/a', false],
      ['+/b', 'a/c', false],
    ];
    for (const [filter, topic, is] of cases) assert.equal(matchesTopic(filter, topic), is, `${filter} ${topic}`);
  });
});

test('a trigger of MQTT refuses passwords, faulty topics and groups, and its own dead letters', () => {
  assert.equal(faultOf({}), undefined);
  assert.match(faultOf({ url: 'mqtt://a:b@h' }) ?? '', /must not contain a password/);
  assert.match(faultOf({ url: 'nats://h' }) ?? '', /URL like mqtt:/);
  assert.match(faultOf({ topic: 'a#' }) ?? '', /faulty topic/);
  assert.match(faultOf({ group: 'a/b' }) ?? '', /faulty group/);
  assert.match(faultOf({ deadLetterTopic: 'a/dead' }) ?? '', /its own dead letters/);
  assert.match(faultOf({ deadLetterTopic: 'dead/#' }) ?? '', /faulty deadLetterTopic/);
  assert.equal(faultOf({ deadLetterTopic: 'dead/a', group: 'team' }), undefined);
});

test('a connection to a broker that does not say goodbye is closed in the end', async () => {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    // It accepts the connection, and nothing more.
    socket.once('data', () => socket.write(Buffer.from([0x20, 3, 0, 0, 0])));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const clock = new VirtualClock();
    const context = { host: { clock } } as unknown as SourceContext<MqttTrigger>;
    const connection = new MqttConnection({ host: '127.0.0.1', port, reconnectPeriod: 0 }, context, 'here');
    await connection.connected();
    const { stream } = connection.client;
    const closed = connection.close();
    await clock.advance(2000);
    await closed;
    assert.ok(stream.destroyed);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
