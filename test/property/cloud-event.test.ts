import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { cloudEventText, filterableOfText } from '../../src/triggers/source/run/cloud-event.ts';

const ATTRIBUTES = fc.record(
  {
    id: fc.string({ unit: 'grapheme' }),
    source: fc.webUrl(),
    type: fc.constant('lam.test'),
    subject: fc.string({ unit: 'binary' }),
    time: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    extension: fc.oneof(fc.string(), fc.integer(), fc.boolean()),
  },
  { requiredKeys: ['id', 'source', 'type'] },
);
const DATA = fc.oneof(
  fc.json().map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(` \n${text}\t`)),
  fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text)),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

/** What CloudEvents 1.0 says that data become: JSON as such, other text as a string, other bytes in base64. */
function expectedOf(data: Buffer): object {
  if (!isUtf8(data)) return { datacontenttype: 'application/octet-stream', data_base64: data.toString('base64') };
  try {
    return { datacontenttype: 'application/json', data: JSON.parse(data.toString()) as unknown };
  } catch {
    return { datacontenttype: 'text/plain', data: data.toString() };
  }
}

test('a CloudEvent as text is JSON with its attributes and data, whatever they are', () => {
  fc.assert(
    fc.property(ATTRIBUTES, DATA, (attributes, data) => {
      const text = cloudEventText(attributes, data);
      const { time, ...rest } = JSON.parse(JSON.stringify(attributes)) as typeof attributes;
      const event: unknown = JSON.parse(text);
      assert.deepEqual(event, {
        specversion: '1.0',
        ...rest,
        ...(time === undefined ? {} : { time: new Date(time).toISOString() }),
        ...expectedOf(data),
      });
      if (isUtf8(data)) assert.deepEqual(filterableOfText(text), event);
    }),
  );
});
