import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Deadlines, type Expirable } from '../../../src/executor/deadlines.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const TICK_MS = 10;

describe('deadlines on one timer', () => {
  test('expire once, at most a tick late, with any additions and removals in between, also within callbacks', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        ms: fc.nat({ max: 60 }),
        removes: fc.option(fc.nat({ max: 30 }), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('remove' as const), which: fc.nat({ max: 30 }) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 40 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new VirtualClock();
        const deadlines = new Deadlines(clock);
        const all: (Expirable & {
          readonly removed: () => boolean;
          readonly expired: () => number | undefined;
          remove(): void;
        })[] = [];
        const one = (ms: number, removes: number | undefined): void => {
          let expiredAt: number | undefined;
          let isRemoved = false;
          const added: (typeof all)[number] = {
            deadline: clock.monotonic() + ms,
            expire() {
              assert.equal(isRemoved, false, 'it was removed before');
              assert.equal(expiredAt, undefined, 'it expired before');
              expiredAt = clock.monotonic();
              if (removes !== undefined) all[removes]?.remove();
            },
            remove() {
              if (expiredAt === undefined) isRemoved = true;
              deadlines.remove(added);
            },
            removed: () => isRemoved,
            expired: () => expiredAt,
          };
          all.push(added);
          deadlines.add(added);
        };
        for (const now of steps) {
          if (now.kind === 'add') one(now.ms, now.removes);
          else if (now.kind === 'remove') all[now.which]?.remove();
          else await clock.advance(now.ms);
        }
        await clock.advance(200);
        for (const { deadline, removed, expired } of all) {
          const at = expired();
          assert.ok(
            removed() ? at === undefined : at !== undefined && at >= deadline && at <= deadline + 2 * TICK_MS,
            `${at} ${deadline}`,
          );
        }
        await clock.advance(TICK_MS);
        assert.equal(clock.pending, 0, 'the timer rests');
      }),
      { numRuns: 300 },
    );
  });

  test('that are removed do not expire', async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    deadlines.add({ deadline: 5, expire: assert.fail });
    deadlines.close();
    await clock.advance(100);
    assert.equal(clock.pending, 0);
  });
});
