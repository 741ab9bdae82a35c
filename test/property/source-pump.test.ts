import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { lamError } from '../../src/errors/index.ts';
import type { TriggerOutcome } from '../../src/triggers/running.ts';
import type { DeathCause, SourceConnection, SourceMessage } from '../../src/triggers/source/run/message.ts';
import { Pump, type PumpSettings } from '../../src/triggers/source/run/pump.ts';
import { TriggerTally } from '../../src/triggers/supervisor/trigger-tally.ts';
import { asRequestId, asVersion } from '../support/ids.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

interface Message extends SourceMessage {
  readonly n: number;
}

/** How a run ends: a share of its messages fails, or all of it, or it is refused. */
interface Run {
  readonly end: 'success' | 'partial' | 'error' | 'unknown item' | 'throttled' | 'too large';
  /** Fails messages whose number it divides. */
  readonly divisor: number;
  readonly ms: number;
}

interface Scenario {
  readonly settings: Omit<PumpSettings, 'matches'>;
  /** Ordering key of each message, or none; offered `gap` ms after the one before. */
  readonly messages: readonly { readonly key: number; readonly gap: number; readonly passes: boolean }[];
  readonly runs: readonly Run[];
  /** When it is stopped (ms); undefined: when all is handled. */
  readonly stopAt: number | undefined;
}

const run: fc.Arbitrary<Run> = fc.record({
  end: fc.constantFrom('success', 'partial', 'partial', 'partial', 'error', 'unknown item', 'throttled', 'too large'),
  divisor: fc.integer({ min: 2, max: 4 }),
  ms: fc.integer({ min: 0, max: 50 }),
});
const scenario: fc.Arbitrary<Scenario> = fc.record({
  settings: fc.record({
    batchSize: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.constantFrom(0, 0, 20, 200),
    parallelism: fc.integer({ min: 1, max: 4 }),
    maxRetries: fc.integer({ min: 0, max: 3 }),
    retryDelayMs: fc.constantFrom(0, 10, 100),
    countsItemFailures: fc.constant(true),
  }),
  messages: fc.array(
    fc.record({
      key: fc.integer({ min: -1, max: 1 }),
      gap: fc.constantFrom(0, 0, 0, 5, 30),
      passes: fc.constantFrom(true, true, true, false),
    }),
    { minLength: 1, maxLength: 25, size: 'max' },
  ),
  runs: fc.array(run, { minLength: 1, maxLength: 40, size: 'max' }),
  stopAt: fc.option(fc.integer({ min: 0, max: 600 }), { nil: undefined }),
});

/** A source and a function that a pump connects, and what is promised about them. */
class World implements SourceConnection<Message> {
  readonly clock = new VirtualClock();
  readonly acknowledged: number[] = [];
  readonly dead: number[] = [];
  /** Messages in the order of their last, successful run. */
  readonly handled: Message[] = [];
  readonly failures = new Map<number, number>();
  readonly runningKeys: (string | undefined)[] = [];
  readonly pump: Pump<Message>;
  readonly tally = new TriggerTally(() => undefined);
  readonly #scenario: Scenario;
  #runs = 0;
  #running = 0;

  constructor(given: Scenario) {
    this.#scenario = given;
    this.pump = new Pump<Message>({
      settings: { ...given.settings, matches: (message) => given.messages[(message as Message).n]?.passes === true },
      connection: this,
      host: {
        clock: this.clock,
        failed: (error) => assert.fail(String(error)),
        count: (phase, count) => this.tally.add(phase, count),
        fire: (e, sink) => this.#fire(e, sink),
      },
    });
  }

  eventOf(messages: readonly Message[]): string {
    return JSON.stringify(messages.map(({ n }) => n));
  }
  acknowledge(messages: readonly Message[]): Promise<void> {
    for (const { n } of messages) this.acknowledged.push(n);
    return Promise.resolve();
  }
  deadLetter({ n }: Message, { attempts, errorType }: DeathCause): Promise<void> {
    const failures = this.failures.get(n) ?? 0;
    assert.ok(failures >= 1, 'failed here before it died');
    assert.ok(errorType === 'LAM_EDGE_PAYLOAD_TOO_LARGE' || attempts > this.#scenario.settings.maxRetries);
    this.dead.push(n);
    return Promise.resolve();
  }
  receive(): Promise<void> {
    return Promise.resolve();
  }
  pause(): Promise<void> {
    return Promise.resolve();
  }
  release(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }

  #fire({ event }: { event: Uint8Array }, sink: { settled(outcome: TriggerOutcome): void }): { cancel(): void } {
    const { settings, runs, messages } = this.#scenario;
    const batch = (JSON.parse(Buffer.from(event).toString()) as number[]).map((n) => messageOf(this.#scenario, n));
    assert.ok(batch.length >= 1 && batch.length <= settings.batchSize);
    assert.ok(++this.#running <= settings.parallelism);
    const keys = [...new Set(batch.map(({ key }) => key))].filter((key) => key !== undefined);
    for (const key of keys) assert.ok(!this.runningKeys.includes(key), 'one batch of a key at a time');
    this.runningKeys.push(...keys);
    assert.ok(batch.every(({ n }) => messages[n]?.passes));
    // After the scenario's runs all succeed, so that it ends.
    const { end, divisor, ms } = runs[this.#runs++] ?? { end: 'success', divisor: 1, ms: 0 };
    this.clock.after(ms, () => {
      this.#running--;
      for (const key of keys) this.runningKeys.splice(this.runningKeys.indexOf(key), 1);
      sink.settled(this.#outcome(end, divisor, batch));
    });
    return { cancel: () => undefined };
  }

  #outcome(end: Run['end'], divisor: number, batch: readonly Message[]): TriggerOutcome {
    const about = { requestId: asRequestId('r'), version: asVersion(1) };
    const failed = batch.filter(({ n }) => (end === 'partial' ? n % divisor === 0 : end !== 'success'));
    if (end === 'throttled')
      return { kind: 'refused', error: lamError('LAM_TRIGGERS_STOPPED', { name: 'f', trigger: 't' }) };
    for (const { n } of failed) this.failures.set(n, 1 + (this.failures.get(n) ?? 0));
    if (end === 'too large') return { kind: 'refused', error: lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit: 1 }) };
    if (end === 'error') return { kind: 'function-error', ...about, errorType: 'Odd', payload: Buffer.from('{}') };
    if (end !== 'unknown item') this.handled.push(...batch.filter((message) => !failed.includes(message)));
    const items = end === 'unknown item' ? ['nobody'] : failed.map(({ itemIdentifier }) => itemIdentifier);
    const answer = { batchItemFailures: items.map((itemIdentifier) => ({ itemIdentifier })) };
    return { kind: 'success', ...about, payload: Buffer.from(JSON.stringify(answer)) };
  }
}

function messageOf({ messages, settings }: Scenario, n: number): Message {
  const key = settings.parallelism === 1 ? 0 : (messages[n]?.key ?? -1);
  const keyed = key < 0 ? {} : { key: `k${key}` };
  return { n, id: `id${n}`, itemIdentifier: `item${n}`, deliveries: 1, bytes: 10, filterable: () => n, ...keyed };
}

/** Last appearance of each key's messages, in order. */
function lastRunsByKey(handled: readonly Message[]): readonly (readonly number[])[] {
  const last = handled.filter(({ n }, at) => handled.findLastIndex((other) => other.n === n) === at);
  const keyed = last.filter(({ key }) => key !== undefined);
  return [...Map.groupBy(keyed, ({ key }) => key).values()].map((group) => group.map(({ n }) => n));
}

async function play(given: Scenario): Promise<{ readonly world: World; readonly returned: readonly number[] }> {
  const world = new World(given);
  let at = 0;
  let stopped: Promise<readonly Message[]> | undefined;
  const stop = (): void => void (stopped ??= world.pump.drain());
  if (given.stopAt !== undefined) world.clock.after(given.stopAt, stop);
  for (const [n, { gap }] of given.messages.entries()) {
    at += gap;
    world.clock.after(at, () => world.pump.offer([messageOf(given, n)]));
  }
  await world.clock.advance(100_000_000);
  stop();
  const returned = (await stopped) ?? [];
  return { world, returned: returned.map(({ n }) => n) };
}

describe('the pump between a source and its function', () => {
  test('settles each message once, in order, and returns the rest when it stops', () =>
    fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { world, returned } = await play(given);
        const { acknowledged, dead, handled } = world;
        const settled = [...acknowledged, ...dead, ...returned];
        assert.equal(new Set(settled).size, settled.length, 'settled once');
        const ran = new Set(handled.map(({ n }) => n));
        for (const n of acknowledged) assert.ok(ran.has(n) || given.messages[n]?.passes === false, 'after success');
        // A message that was repeated behind a failed one may die in the repetition.
        const ended = handled.filter(({ n }) => acknowledged.includes(n));
        for (const lastRuns of lastRunsByKey(ended))
          assert.deepEqual(
            lastRuns,
            lastRuns.toSorted((a, b) => a - b),
          );
        if (given.stopAt === undefined) {
          assert.equal(settled.length, given.messages.length);
          assert.deepEqual(returned, []);
          const { succeeded, filtered, dead: given_up } = world.tally.counts;
          const { held, running } = world.pump.now;
          assert.deepEqual([succeeded + filtered, given_up, held, running], [acknowledged.length, dead.length, 0, 0]);
        }
        const byKey = Map.groupBy(returned, (n) => messageOf(given, n).key);
        for (const [key, group] of byKey)
          if (key !== undefined)
            assert.deepEqual(
              group,
              group.toSorted((a, b) => a - b),
              'returned in order',
            );
        assert.equal(world.clock.pending, 0, 'no timer is left');
      }),
      { numRuns: 300 },
    ));
});
