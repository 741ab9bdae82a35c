import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from '../../src/executor/deadlines.ts';
import { InFlight } from '../../src/executor/in-flight.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const TIMEOUT_MS = 30;

type Step =
  | { readonly what: 'send' }
  | { readonly what: 'toSandbox' | 'toDaemon'; readonly count: number }
  | { readonly what: 'finish'; readonly which: number }
  | { readonly what: 'pass'; readonly ms: number };

const step = fc.oneof<fc.Arbitrary<Step>[]>(
  { weight: 6, arbitrary: fc.constant({ what: 'send' }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('toSandbox'), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('toDaemon'), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('finish'), which: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('pass'), ms: fc.integer({ min: 1, max: 15 }) }) },
);

/** A bootstrap that keeps to the protocol, and what is on its way to it and from it. */
class Sandbox {
  readonly started = new Set<number>();
  readonly running: number[] = [];
  readonly waiting: number[] = [];
  readonly inbound: { readonly type: 'invoke' | 'recall'; readonly number: number }[] = [];
  readonly outbound: { readonly type: 'result' | 'unstarted'; readonly number: number }[] = [];
  readonly #places: number;

  constructor(places: number) {
    this.#places = places;
  }

  receive(): void {
    const frame = this.inbound.shift();
    if (frame === undefined) return;
    const at = this.waiting.indexOf(frame.number);
    if (frame.type === 'recall') {
      if (at !== -1) this.outbound.push({ type: 'unstarted', number: this.waiting.splice(at, 1)[0] ?? 0 });
    } else if (this.running.length < this.#places && this.waiting.length === 0) this.#start(frame.number);
    else this.waiting.push(frame.number);
  }

  finish(which: number): void {
    const [number] = this.running.splice(which % Math.max(1, this.running.length), 1);
    if (number === undefined) return;
    this.outbound.push({ type: 'result', number });
    const next = this.waiting.shift();
    if (next !== undefined) this.#start(next);
  }

  #start(number: number): void {
    this.started.add(number);
    this.running.push(number);
    assert.ok(this.running.length <= this.#places);
  }
}

describe('what is in flight', () => {
  test('is settled once, and is never said to be unstarted when it ran', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 100, size: 'max' }), async (places, steps) => {
        const clock = new VirtualClock();
        const sandbox = new Sandbox(places);
        const inFlight = new InFlight(new Deadlines(clock), (number) => sandbox.inbound.push({ type: 'recall', number }));
        inFlight.places = places;
        const outcomes = new Map<number, string>();
        const sent: number[] = [];

        const send = (): void => {
          if (inFlight.isSpoiled) return;
          const { number } = inFlight.add(`id ${sent.length}`, TIMEOUT_MS, ({ kind }) => {
            assert.ok(!outcomes.has(number), `${number} was settled twice`);
            outcomes.set(number, kind);
          });
          sent.push(number);
          sandbox.inbound.push({ type: 'invoke', number });
        };
        const hear = (): void => {
          const frame = sandbox.outbound.shift();
          if (frame === undefined) return;
          const pending = frame.type === 'result' ? inFlight.answered(frame.number) : inFlight.givenBack(frame.number);
          assert.ok(pending !== undefined && pending !== 'wrong', `${frame.type} of ${frame.number} was refused`);
          if (frame.type === 'result') inFlight.fill();
          if (pending !== 'late')
            pending.settle(frame.type === 'result' ? { kind: 'result', payload: Buffer.alloc(0) } : { kind: 'unstarted' });
        };

        for (const { what, ...how } of steps) {
          if (what === 'send') send();
          else if (what === 'toSandbox' && 'count' in how) for (let i = 0; i < how.count; i += 1) sandbox.receive();
          else if (what === 'toDaemon' && 'count' in how) for (let i = 0; i < how.count; i += 1) hear();
          else if (what === 'finish' && 'which' in how) sandbox.finish(how.which);
          else if ('ms' in how) await clock.advance(how.ms);
        }
        // It dies: what it said is read, and the rest is settled by what the session knows.
        while (sandbox.outbound.length > 0) hear();
        for (const pending of inFlight.drain()) pending.settle({ kind: pending.startedAt === undefined ? 'unstarted' : 'timeout' });
        for (const number of sent) {
          const outcome = outcomes.get(number);
          assert.ok(outcome !== undefined, `${number} was never settled`);
          if (outcome === 'unstarted') assert.ok(!sandbox.started.has(number), `${number} ran and is to run again`);
        }
        assert.equal(inFlight.hasWaiting, false);
      }),
      { numRuns: 1000 },
    ));
});
