import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventMessage } from '../../../../../src/edge/apis/aws-lambda/event-stream.ts';

test('a message of the event-stream format has the bytes that AWS sends', () => {
  const headers = {
    ':event-type': 'PayloadChunk',
    ':content-type': 'application/octet-stream',
    ':message-type': 'event',
  };
  const expected = [
    '000000700000005a174e874c',
    '0b3a6576656e742d7479706507000c5061796c6f61644368756e6b',
    '0d3a636f6e74656e742d747970650700186170706c69636174696f6e2f6f637465742d73747265616d',
    '0d3a6d6573736167652d747970650700056576656e74',
    '48656c6c6f20',
    '6add1e32',
  ];
  assert.equal(eventMessage(headers, Buffer.from('Hello ')).toString('hex'), expected.join(''));
});
