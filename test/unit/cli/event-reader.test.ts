import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventReader } from '../../../src/cli/fast/event-reader.ts';
import { eventMessage } from '../../../src/edge/apis/aws-lambda/event-stream.ts';

test('events are read however their bytes are cut', () => {
  const piece = { ':event-type': 'PayloadChunk', ':content-type': 'application/octet-stream' };
  const events: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [piece, 'Hello '],
    [piece, ''],
    [{ ':message-type': 'event', ':event-type': 'InvokeComplete' }, '{"ErrorCode":"E"}'],
    [{}, 'of no type'],
  ];
  const bytes = Buffer.concat(events.map(([headers, payload]) => eventMessage(headers, Buffer.from(payload))));
  const expected = events.map(([headers, payload]) => [headers[':event-type'] ?? '', payload]);
  for (const size of [1, 2, 7, 13, 64, bytes.length]) {
    const reader = new EventReader();
    const read: (readonly [string, string])[] = [];
    for (let at = 0; at < bytes.length; at += size)
      for (const { type, payload } of reader.push(bytes.subarray(at, at + size))) read.push([type, payload.toString()]);
    assert.deepEqual(read, expected, `${size} bytes at a time`);
  }
});
