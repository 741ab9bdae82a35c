import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from '../../src/executor/deadlines.ts';
import { InFlight } from '../../src/executor/in-flight.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { asRequestId } from '../support/ids.ts';

const TIMEOUT_MS = 30;

/** The next step, and its parameter. */
type Step = readonly [what: 'send' | 'toSandbox' | 'toDaemon' | 'part' | 'finish' | 'pass', much: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom<Step[0][]>('send', 'send', 'toSandbox', 'toDaemon', 'part', 'finish', 'pass'),
  fc.integer({ min: 1, max: 15 }),
);

/** A bootstrap that follows the protocol, and the frames in transit in both directions. */
class Sandbox {
  readonly started = new Set<number>();
  readonly running: number[] = [];
  readonly waiting: number[] = [];
  readonly inbound: { readonly type: 'invoke' | 'recall'; readonly number: number }[] = [];
  readonly outbound: { readonly type: 'part' | 'result' | 'unstarted'; readonly number: number }[] = [];
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

  /** Sends a part of a streamed answer. */
  part(which: number): void {
    const number = this.running[which % Math.max(1, this.running.length)];
    if (number !== undefined) this.outbound.push({ type: 'part', number });
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

/** The daemon's side, as in a session. */
class Daemon {
  readonly outcomes = new Map<number, string>();
  readonly sent: number[] = [];
  readonly saidStarted = new Set<number>();
  readonly inFlight: InFlight;
  readonly #sandbox: Sandbox;

  constructor(clock: VirtualClock, sandbox: Sandbox, places: number) {
    this.#sandbox = sandbox;
    this.inFlight = new InFlight(new Deadlines(clock), (number) => sandbox.inbound.push({ type: 'recall', number }));
    this.inFlight.places = places;
  }

  send(): void {
    if (this.inFlight.isSpoiled) return;
    const order = this.sent.length;
    const { number } = this.inFlight.add(asRequestId(`id ${order}`), TIMEOUT_MS, {
      started: () => {
        assert.ok(!this.saidStarted.has(order + 1), `${order + 1} was said to start twice`);
        this.saidStarted.add(order + 1);
      },
      streamed: () => assert.fail('no session begins a stream here'),
      settled: ({ kind }) => {
        assert.ok(!this.outcomes.has(number), `${number} was settled twice`);
        this.outcomes.set(number, kind);
      },
    });
    assert.equal(number, order + 1);
    this.sent.push(number);
    this.#sandbox.inbound.push({ type: 'invoke', number });
  }

  receive(): void {
    const frame = this.#sandbox.outbound.shift();
    if (frame === undefined) return;
    if (frame.type === 'unstarted') {
      const pending = this.inFlight.givenBack(frame.number);
      assert.ok(pending !== undefined, `${frame.number} was given back, but is taken for started`);
      pending.hooks.settled({ kind: 'unstarted' });
      return;
    }
    if (frame.type === 'part') {
      const streaming = this.inFlight.running(frame.number);
      assert.ok(streaming !== 'wrong', `a part of the answer to ${frame.number} was refused`);
      assert.equal(streaming === 'late', this.outcomes.get(frame.number) === 'timeout');
      return;
    }
    const pending = this.inFlight.answered(frame.number);
    assert.ok(pending !== 'wrong', `the answer to ${frame.number} was refused`);
    this.inFlight.fill();
    if (pending !== 'late') pending.hooks.settled({ kind: 'result', payload: Buffer.alloc(0) });
  }

  /** Handles the end of the sandbox: reads its remaining frames, and settles the rest by what is known. */
  end(): void {
    while (this.#sandbox.outbound.length > 0) this.receive();
    const exit = { code: 1, signal: null, outOfMemory: false };
    for (const pending of this.inFlight.drain()) {
      pending.hooks.settled(pending.startedAt === undefined ? { kind: 'unstarted' } : { kind: 'exit', exit });
    }
  }
}

describe('invocations in flight', () => {
  test('settle once, and never as unstarted after they ran', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 100, size: 'max' }),
        async (places, steps) => {
          const clock = new VirtualClock();
          const sandbox = new Sandbox(places);
          const daemon = new Daemon(clock, sandbox, places);
          const acts: Readonly<Record<Step[0], (much: number) => void | Promise<void>>> = {
            send: () => daemon.send(),
            toSandbox: (much) => times(much, () => sandbox.receive()),
            toDaemon: (much) => times(much, () => daemon.receive()),
            part: (much) => sandbox.part(much),
            finish: (much) => sandbox.finish(much),
            pass: (much) => clock.advance(much),
          };
          for (const [what, much] of steps) await acts[what](much);
          daemon.end();
          for (const number of daemon.sent) {
            const outcome = daemon.outcomes.get(number);
            assert.ok(outcome !== undefined, `${number} was never settled`);
            if (outcome === 'unstarted') assert.ok(!sandbox.started.has(number), `${number} ran and is to run again`);
            assert.equal(daemon.saidStarted.has(number), outcome !== 'unstarted', `${number} settled as ${outcome}`);
          }
          assert.equal(daemon.inFlight.hasWaiting, false);
        },
      ),
      { numRuns: 1000 },
    ));
});

function times(count: number, act: () => void): void {
  for (let i = 0; i < count; i += 1) act();
}
