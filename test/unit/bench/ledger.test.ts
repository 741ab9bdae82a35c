import { deepEqual } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ledger, type Seen } from '../../../bench/rows/ledger.ts';

/** Version 1 is live from the start; version 2 from some time between 10 and 20. */
function counted(...seen: readonly Partial<Seen>[]): { failed: number; mixed: number; stale: number } {
  const ledger = new Ledger();
  ledger.tagged(1, 'one');
  ledger.tagged(2, 'two');
  ledger.moved({ version: 1, begunAt: 0, returnedAt: 1 });
  ledger.moved({ version: 2, begunAt: 10, returnedAt: 20 });
  for (const one of seen) ledger.see({ sentAt: 5, answeredAt: 6, version: 1, tags: ['one', 'one'], ...one });
  const { failed, mixed, stale } = ledger.count();
  return { failed, mixed, stale };
}

const two = { version: 2, tags: ['two', 'two'] };

describe('the ledger of answers under deploys', () => {
  test('answers of the version that was live are in order', () => {
    deepEqual(counted({}, { ...two, sentAt: 21, answeredAt: 22 }), { failed: 0, mixed: 0, stale: 0 });
  });

  test('while the pointer moves both versions may answer', () => {
    deepEqual(counted({ sentAt: 15, answeredAt: 30 }, { ...two, sentAt: 9, answeredAt: 11 }), {
      failed: 0,
      mixed: 0,
      stale: 0,
    });
  });

  test('the old version is stale for what was sent after the deploy returned', () => {
    deepEqual(counted({ sentAt: 20, answeredAt: 25 }), { failed: 0, mixed: 0, stale: 1 });
  });

  test('an answer of a version whose deploy had not begun is wrong too', () => {
    deepEqual(counted({ ...two, sentAt: 5, answeredAt: 9 }), { failed: 0, mixed: 0, stale: 1 });
  });

  test('parts of two versions are a mix, and so is another version than the answer says', () => {
    deepEqual(counted({ tags: ['one', 'two'] }, { tags: ['two', 'two'] }), { failed: 0, mixed: 2, stale: 0 });
  });

  test('an error counts as a failure only', () => {
    deepEqual(counted({ tags: undefined }), { failed: 1, mixed: 0, stale: 0 });
  });
});
