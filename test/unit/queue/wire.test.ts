import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Operation, Packed } from '../../../src/queue/embedded/messages.ts';
import {
  packOperations,
  packYield,
  unpackOperations,
  unpackYield,
  type Yield,
} from '../../../src/queue/embedded/wire.ts';
import { factsOf } from '../../../src/queue/embedded/rows.ts';
import type { LeasedEvent, Leases } from '../../../src/queue/queue.ts';
import { asFunctionName } from '../../support/ids.ts';
import { queued } from '../../support/queue-house.ts';

const F = asFunctionName('f');
/** Around the lengths at which bytes get a buffer of their own, and at which a shared one is full. */
const LENGTHS = [0, 1, 7, 16_383, 16_384, 16_385, 16_000, 16_000, 16_000, 16_000, 65_536, 300_000];

/** Bytes that are no text, each time others. */
function bytes(length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => (at * 31 + length) % 256);
}

/** As a message gets to another thread; the buffers of the sender are gone. */
function moved(packed: Packed): Packed {
  const arrived = structuredClone(packed, { transfer: packed.buffers });
  assert.ok(packed.buffers.every(({ detached }) => detached));
  return arrived;
}

const hexOf = (given: Uint8Array | undefined): string => Buffer.from(given ?? []).toString('hex');

describe('bytes on their way between the threads of a queue', () => {
  test('of events and outcomes arrive as they were, and those of the caller stay', () => {
    const results = LENGTHS.map((length) => bytes(length));
    const operations: Operation[] = LENGTHS.flatMap((length, n): Operation[] => [
      { name: 'enqueue', event: { ...queued(`a${n}`), event: bytes(length) } },
      {
        name: 'settle',
        token: String(n),
        settlement: {
          kind: 'completed',
          attempt: { at: 1, durationMs: 1, status: 'success', payload: results[n] as Uint8Array },
          followUps: [{ ...queued(`b${n}`), event: results[n] as Uint8Array }],
        },
      },
      { name: 'lease', functionName: F, max: 1, leaseMs: 1 },
      { name: 'deadLetter', token: String(n), death: { reason: 'RetriesExhausted' } },
    ]);
    const arrived = unpackOperations(moved(packOperations(operations)));
    assert.equal(arrived.length, operations.length);
    for (const [n, length] of LENGTHS.entries()) {
      const [enqueue, settle, lease, death] = arrived.slice(n * 4);
      const expected = hexOf(bytes(length));
      assert.ok(enqueue?.name === 'enqueue' && settle?.name === 'settle' && settle.settlement.kind === 'completed');
      assert.equal(hexOf(enqueue.event.event), expected);
      assert.equal(hexOf(settle.settlement.attempt.payload), expected);
      assert.equal(hexOf(settle.settlement.followUps?.[0]?.event), expected);
      assert.deepEqual([lease, death], operations.slice(n * 4 + 2, n * 4 + 4));
      assert.equal(hexOf(results[n]), expected, 'the result belongs to the caller');
    }
  });

  test('of answers arrive as they were', () => {
    const notices = { ready: [F], finished: [] };
    const event = (length: number) => ({ ...queued('a'), event: bytes(length) });
    const times = { due: 2, accepted: 1, expires: 3 };
    const rows = () =>
      LENGTHS.map((length, n) => ({
        ...{ token: `t${n}`, id: queued(`a${n}`).id, qualifier: n === 1 ? '7' : null, ...times },
        ...{ attempts: n, interrupted: 0, facts: factsOf(queued('a')), body: bytes(length) },
      }));
    // A function of each name that answers have, too.
    const counts = { pending: 1, running: 0, completed: 0, failed: 0, cancelled: 0, dead: 0 };
    const ofNames = { event: counts, rows: counts, parts: counts, payload: counts };
    const leased = () => ({ functionName: F, rows: rows(), nextAt: 5 });
    const given = [
      leased(),
      event(16_384),
      { ...leased(), nextAt: undefined },
      undefined,
      'held',
      ofNames,
    ] as Yield['results'];
    const { results, notices: told } = unpackYield(moved(packYield({ results: given, notices })));
    const [leases, found, again, ...rest] = results as readonly unknown[] as [Leases, { event: Uint8Array }, Leases];
    for (const { events } of [leases, again]) {
      assert.deepEqual(
        events.map((each) => hexOf(each.event)),
        LENGTHS.map((length) => hexOf(bytes(length))),
      );
      const { event: _, ...second } = events[1] as LeasedEvent;
      const { origin } = queued('a');
      assert.deepEqual(JSON.parse(JSON.stringify(second)), {
        ...{ token: 't1', id: queued('a1').id, functionName: F, qualifier: '7', notBefore: 2, acceptedAt: 1 },
        ...{ expiresAt: 3, attempts: 1, interrupted: 0, origin },
      });
    }
    assert.deepEqual([leases.nextAt, again.nextAt], [5, undefined]);
    assert.equal(hexOf(found.event), hexOf(bytes(16_384)));
    assert.deepEqual([rest, told], [[undefined, 'held', ofNames], notices]);
  });
});
