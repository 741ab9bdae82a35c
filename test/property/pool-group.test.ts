import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Group, Slot } from '../../src/pool/group.ts';
import { Traffic } from '../../src/pool/policy/index.ts';
import { takeWarm } from '../../src/pool/reuse.ts';
import { transition } from '../../src/pool/sandbox-state.ts';
import { revision } from '../support/revisions.ts';
import { asSandboxId } from '../support/ids.ts';

/** The next step and its sandbox. */
type Step = readonly [what: 'start' | 'ready' | 'acquire' | 'release' | 'drain' | 'exit', which: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom<Step[0][]>(
    'start',
    'ready',
    'ready',
    'acquire',
    'acquire',
    'acquire',
    'release',
    'release',
    'drain',
    'exit',
  ),
  fc.nat(20),
);

/** Action of the pool at each step, if the table of states allows it. */
const ACTS: Readonly<Record<Exclude<Step[0], 'start' | 'acquire'>, (slot: Slot, group: Group) => void>> = {
  ready(slot, group) {
    if (!slot.is('booting')) return;
    slot.step('booted');
    slot.step('ready');
    group.pushIdle(slot);
  },
  release(slot, group) {
    if (!slot.release() || slot.inFlight > 0 || !slot.is('busy')) return;
    slot.step('release');
    group.pushIdle(slot);
  },
  drain(slot, group) {
    if (slot.is('draining')) return;
    if (slot.is('idle')) group.removeIdle(slot);
    slot.step('drain');
  },
  exit(slot, group) {
    if (!slot.is('draining') || slot.inFlight > 0) return;
    slot.step('exited');
    group.slots.delete(slot);
  },
};

function act(group: Group, [what, which]: Step): void {
  const slots = [...group.slots];
  const slot = slots[which % Math.max(1, slots.length)];
  if (what === 'acquire') takeWarm(group)?.acquire();
  else if (what === 'start') {
    if (slots.length < 6) group.slots.add(new Slot(asSandboxId(String(which)), group, 0, true));
  } else if (slot !== undefined) ACTS[what](slot, group);
}

function check(group: Group): void {
  const slots = [...group.slots];
  assert.deepEqual(
    new Set(group.idle),
    new Set(slots.filter((slot) => slot.is('idle'))),
    'the idle list is the idle ones',
  );
  assert.equal(group.idle.length, group.tally.idle);
  assert.equal(
    group.inFlight,
    slots.reduce((sum, slot) => sum + slot.inFlight, 0),
    'the sum is the sum of its parts',
  );
  for (const slot of slots) {
    assert.ok(slot.inFlight >= 0 && slot.inFlight <= group.concurrency);
    if (!slot.is('draining')) assert.equal(slot.is('busy'), slot.inFlight > 0, `${slot.state} with ${slot.inFlight}`);
    assert.ok(transition(slot.state, 'exited') === 'gone');
  }
  const { gone, ...present } = group.tally;
  assert.equal(
    Object.values(present).reduce((sum, count) => sum + count),
    slots.length,
    `${gone} are gone`,
  );
  assert.ok(group.inFlight <= group.revision.config.maxConcurrency || group.tally.draining > 0);
}

test('a group counts its sandboxes: idle, busy, in flight, by state', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 3), fc.array(step, { maxLength: 80, size: 'max' }), (concurrency, steps) => {
      const of = revision('hello', 1, { concurrency, maxConcurrency: 6, runtime: 'provided', handler: 'bootstrap' });
      const group = new Group(of, null, new Traffic());
      for (const one of steps) {
        act(group, one);
        check(group);
      }
    }),
    { numRuns: 500 },
  );
});

test('a release without an acquisition is refused and not counted', () => {
  const group = new Group(revision('hello', 1), null, new Traffic());
  const slot = new Slot(asSandboxId('a'), group, 0, true);
  slot.step('booted');
  slot.step('ready');
  assert.equal(slot.release(), false);
  slot.acquire();
  assert.equal(slot.release(), true);
  assert.equal(slot.release(), false);
  assert.deepEqual([slot.inFlight, group.inFlight], [0, 0]);
});
