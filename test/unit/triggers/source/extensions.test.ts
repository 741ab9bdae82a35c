import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extensionsOf } from '../../../../src/triggers/source/run/extensions.ts';

test('headers become attributes of a CloudEvent, except those that it has itself', () => {
  const headers = [
    ['Order-Id', '1'],
    ['order_id', '2'],
    ['Source', 'forged'],
    ['data_base64', 'forged'],
    ['DATA', 'forged'],
    ['__proto__', 'x'],
    ['ä', 'nothing left'],
  ] as const;
  assert.deepEqual(extensionsOf(headers), { orderid: '2', database64: 'forged', proto: 'x' });
});
