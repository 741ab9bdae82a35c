import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Capacity, STUCK_MS, type Holder } from '../../../src/pool/capacity.ts';

function holder(memoryMiB: number, startedAt = 0): Holder {
  return { memoryMiB, startedAt, endingSince: 0 };
}

describe('capacity', () => {
  test('counts memory from start to end, also when it moves from a stem to a sandbox', () => {
    const books = new Capacity(512, 2);
    const [stem, slot] = [holder(128), holder(128)];
    books.started(stem);
    assert.equal(books.usedMiB, 128);
    books.booted(stem);
    books.transferred(stem, slot);
    assert.equal(books.usedMiB, 128);
    books.draining(slot);
    assert.equal(books.usedMiB, 128);
    assert.equal(books.missingMiB(512, 0), 0, 'it is on its way');
    assert.equal(books.fits(512), false);
    books.gone(slot);
    assert.equal(books.usedMiB, 0);
    assert.equal(books.fits(512), true);
  });

  test('frees a boot slot when a sandbox has booted, was transferred and booted, or is gone', () => {
    for (const cores of [1, 2, 3]) {
      const books = new Capacity(4096, cores);
      const most = Math.max(2, cores);
      const [a, b, c] = [holder(64), holder(64), holder(64)];
      books.started(a);
      books.started(b);
      assert.equal(books.bootSlots(0), most - 2);
      books.transferred(b, c);
      assert.equal(books.bootSlots(0), most - 2);
      books.booted(c);
      books.gone(a);
      assert.equal(books.bootSlots(0), most);
      assert.equal(books.isBooting(0), false);
    }
  });

  test('does not count sandboxes that are stuck', () => {
    const books = new Capacity(256, 2);
    const slow = { ...holder(128, 0), endingSince: STUCK_MS };
    books.started(slow);
    assert.equal(books.isBooting(STUCK_MS - 1), true);
    assert.equal(books.isBooting(STUCK_MS), false);
    books.draining(slow);
    assert.equal(books.missingMiB(256, STUCK_MS), 0);
    assert.equal(books.missingMiB(256, 2 * STUCK_MS), 128, 'its memory is waited for no longer');
  });
});
