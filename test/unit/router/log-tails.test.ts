import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogTails } from '../../../src/router/log-tails.ts';
import { asRequestId, asVersion } from '../../support/ids.ts';

function tailOf(lines: readonly string[]): string {
  const tails = new LogTails();
  tails.open(asRequestId('id'));
  for (const line of lines) tails.add(asRequestId('id'), line);
  const tail = tails.read(asRequestId('id'));
  assert.ok(tail !== undefined);
  return tail;
}

test('a short log is returned whole', () => {
  assert.equal(tailOf(['START', 'hello']), 'START\nhello\n');
});

test('a long log is cut to its last 4 KB at a character', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom('é'.repeat(3000), '🦆'.repeat(2500), 'x'.repeat(20_000), '語\n'.repeat(900)),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const whole = lines.map((l) => `${l}\n`).join('');
      const tail = tailOf(lines);
      const bytes = Buffer.byteLength(tail);
      assert.ok(whole.endsWith(tail), 'it is the end of the log');
      assert.ok(bytes <= 4096);
      // At most three bytes short of full: the rest of a character that did not fit.
      assert.ok(bytes >= Math.min(4093, Buffer.byteLength(whole)));
    }),
  );
});

test('only invocations that requested a tail have one, until it is closed', () => {
  const tails = new LogTails();
  assert.equal(tails.active, false);
  tails.open(asRequestId('a'));
  assert.equal(tails.active, true);
  tails.add(asRequestId('b'), 'not asked for');
  assert.equal(tails.read(asRequestId('b')), undefined);
  tails.addPlatform(asRequestId('a'), { type: 'start' }, asVersion(4));
  assert.equal(tails.read(asRequestId('a')), 'START RequestId: a Version: 4\n');
  tails.close(asRequestId('a'));
  assert.equal(tails.read(asRequestId('a')), undefined);
  assert.equal(tails.active, false);
});
