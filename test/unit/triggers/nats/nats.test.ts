import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jetstream, type JetstreamTrigger } from '../../../../src/triggers/nats/jetstream.ts';
import { nats, type NatsTrigger } from '../../../../src/triggers/nats/nats.ts';
import { matchesSubject, subjectFault } from '../../../../src/triggers/nats/subject.ts';

const URL = 'nats://localhost:4222';

function faultOf(more: Partial<NatsTrigger>): string | undefined {
  return nats.fault({ type: 'nats', url: URL, subject: 'orders.>', ...more })?.fault;
}

function streamFaultOf(more: Partial<JetstreamTrigger>): string | undefined {
  return jetstream.fault({ type: 'jetstream', url: URL, stream: 'ORDERS', ...more })?.fault;
}

describe('a subject of NATS', () => {
  test('has tokens between dots; only those to read have wildcards', () => {
    for (const subject of ['a', 'a.b', 'a.*', '*.b', 'a.>', '>', '$JS.x'])
      assert.equal(subjectFault(subject, true), undefined);
    for (const subject of ['', '.a', 'a.', 'a..b', 'a b', 'a.>.b', 'a*', 'a.b>'])
      assert.match(subjectFault(subject, true) ?? '', /must be a subject like/, subject);
    for (const subject of ['a.*', '>']) assert.match(subjectFault(subject, false) ?? '', /without wildcards/);
  });

  test('is matched by patterns token by token', () => {
    const cases: readonly (readonly [string, string, boolean])[] = [
      ['a.b', 'a.b', true],
      ['a.*', 'a.b', true],
      ['a.*', 'a.b.c', false],
      ['a.>', 'a.b.c', true],
      ['a.>', 'a', false],
      ['>', 'a.b', true],
      ['*.b', 'a.c', false],
    ];
    for (const [pattern, subject, is] of cases)
      assert.equal(matchesSubject(pattern, subject), is, `${pattern} ${subject}`);
  });
});

describe('a trigger of NATS', () => {
  test('refuses passwords, faulty subjects and groups, and its own dead letters', () => {
    assert.equal(faultOf({}), undefined);
    assert.match(faultOf({ url: 'nats://a:b@h' }) ?? '', /must not contain a password/);
    assert.match(faultOf({ url: 'amqp://h' }) ?? '', /URL like nats:/);
    assert.match(faultOf({ subject: 'a..b' }) ?? '', /faulty subject/);
    assert.match(faultOf({ queueGroup: 'a b' }) ?? '', /faulty queueGroup/);
    assert.match(faultOf({ reply: true, batchSize: 2 }) ?? '', /batchSize must be 1/);
    assert.match(faultOf({ deadLetterSubject: 'orders.dead' }) ?? '', /its own dead letters/);
    assert.match(faultOf({ deadLetterSubject: 'dead.*' }) ?? '', /faulty deadLetterSubject/);
    assert.equal(faultOf({ deadLetterSubject: 'dead.orders', reply: true }), undefined);
  });

  test('of a stream refuses names that NATS refuses', () => {
    assert.equal(streamFaultOf({}), undefined);
    assert.match(streamFaultOf({ stream: 'a.b' }) ?? '', /faulty stream/);
    assert.match(streamFaultOf({ consumer: 'a b' }) ?? '', /faulty consumer/);
    assert.match(streamFaultOf({ subject: '>' }) ?? '', /its own dead letters/);
    assert.equal(streamFaultOf({ subject: 'orders.>' }), undefined);
  });

  test('of a stream is named by it and by its subject', () => {
    const config: JetstreamTrigger = { type: 'jetstream', url: URL, stream: 'ORDERS' };
    assert.equal(jetstream.nameOf(config), 'ORDERS');
    assert.equal(jetstream.nameOf({ ...config, subject: 'orders.new' }), 'ORDERS/orders.new');
  });
});
