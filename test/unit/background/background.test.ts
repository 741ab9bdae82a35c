import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Background, type BackgroundSettings } from '../../../src/background/index.ts';
import type { BackgroundAnswer, BackgroundSink } from '../../../src/background/options.ts';
import type { AsyncDetail } from '../../../src/contract/index.ts';
import { lamError, type LamError } from '../../../src/errors/index.ts';
import type { LeasedEvent } from '../../../src/queue/index.ts';
import { asFunctionName, asRequestId, asVersion } from '../../support/ids.ts';
import { queued, queueHouse, type QueueHouse } from '../../support/queue-house.ts';

/** What a function does with an event: answers, fails to start, or runs until the test ends it. */
type Handler = (event: LeasedEvent, sink: BackgroundSink) => void;

const answer = (status = 'success', more: Partial<BackgroundAnswer> = {}): BackgroundAnswer => ({
  version: asVersion(1),
  status,
  errorType: status === 'success' ? undefined : 'Odd',
  payload: Buffer.from('"x"'),
  durationMs: 1,
  tail: 'line\n',
  ...more,
});

const succeed: Handler = (_, sink) => {
  sink.started();
  sink.answered(answer());
};

/** Background invocations over a real queue and functions of a test. */
class BackgroundHouse implements AsyncDisposable {
  readonly troubles: string[] = [];
  /** Events in the order in which they were started, as `id#attempt`. */
  readonly runs: string[] = [];
  readonly cancelled: string[] = [];
  readonly house: QueueHouse;
  readonly settings: Record<string, BackgroundSettings> = {};
  background: Background;
  handler: Handler = succeed;
  readonly #signal: AbortSignal;

  private constructor(house: QueueHouse, signal: AbortSignal) {
    this.house = house;
    this.#signal = signal;
    this.background = this.#make();
  }

  /** @param signal of the test: once it is aborted, nothing is waited for any more */
  static async open(signal: AbortSignal): Promise<BackgroundHouse> {
    return new BackgroundHouse(await queueHouse(), signal);
  }

  #make(): Background {
    return new Background({
      queue: this.house.queue,
      clock: this.house.clock,
      random: () => 0.5,
      settingsOf: (name) => this.settings[name] ?? { maxConcurrency: 4, retries: 2, retryDelayMs: 1000 },
      run: (event, sink) => {
        this.runs.push(`${event.id}#${event.attempts + 1}`);
        let isOver = false;
        const once =
          <A extends readonly unknown[]>(call: (...args: A) => void) =>
          (...args: A): void => {
            if (isOver) return;
            isOver = true;
            call(...args);
          };
        const failed = once((error: LamError) => sink.failed(error));
        // As the router does: an answer comes after the call has returned.
        queueMicrotask(() =>
          this.handler(event, { started: () => sink.started(), answered: once(sink.answered), failed }),
        );
        return {
          cancel: () => {
            this.cancelled.push(event.id);
            failed(lamError('LAM_POOL_CANCELLED', { name: event.functionName }));
          },
        };
      },
      onTrouble: (what) => void this.troubles.push(what),
    });
  }

  async enqueue(...ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.house.queue.enqueue(queued(id))));
  }

  /** Waits until an invocation has this state. */
  async until(id: string, isSo: (detail: AsyncDetail) => boolean): Promise<AsyncDetail> {
    for (;;) {
      this.#signal.throwIfAborted();
      const detail = await this.house.queue.get(asRequestId(id));
      if (detail !== undefined && isSo(detail)) return detail;
    }
  }

  /** Waits until something is so that comes of what the queue answers. */
  async when(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      this.#signal.throwIfAborted();
      await this.house.queue.counts();
    }
  }

  finished(id: string): Promise<AsyncDetail> {
    return this.until(id, ({ state }) => state !== 'PENDING' && state !== 'RUNNING');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const stopped = this.background.stop(0);
      // Where a test has failed, invocations still run, and only this clock ends the wait for them.
      await this.house.clock.advance(0);
      await stopped;
    } finally {
      await this.house[Symbol.asyncDispose]();
    }
  }
}

const throttled = (): LamError => lamError('LAM_POOL_THROTTLED', { name: 'f', maxConcurrency: 1, maxQueue: 0 });

describe('background invocations', () => {
  test('run each event once and keep its result, attempts and log', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    await house.enqueue('before');
    house.background.start();
    await house.enqueue('a', 'b');
    for (const id of ['before', 'a', 'b']) assert.equal((await house.finished(id)).state, 'COMPLETED');
    assert.deepEqual(house.runs.toSorted(), ['a#1', 'b#1', 'before#1']);
    const kept = await house.finished('a');
    assert.equal(Buffer.from(kept.payload ?? []).toString(), '"x"');
    assert.deepEqual([kept.log, kept.attempts, kept.history.length, kept.history[0]?.version], ['line\n', 1, 1, 1]);
  });

  test('retry a failing function after pauses, and keep the event as a dead letter in the end', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { clock } = house.house;
    house.handler = (_, sink) => {
      sink.started();
      sink.answered(answer('error'));
    };
    house.background.start();
    await house.enqueue('a');
    const first = await house.until('a', ({ attempts, state }) => attempts === 1 && state === 'PENDING');
    assert.equal(first.notBefore, clock.now() + 500);
    assert.deepEqual(house.runs, ['a#1']);
    await clock.advance(500);
    const second = await house.until('a', ({ attempts, state }) => attempts === 2 && state === 'PENDING');
    assert.equal(second.notBefore, clock.now() + 1000);
    await clock.advance(1000);
    const last = await house.finished('a');
    assert.deepEqual([last.state, last.dead, last.attempts], ['FAILED', 'RetriesExhausted', 3]);
    assert.deepEqual(house.runs, ['a#1', 'a#2', 'a#3']);
    assert.deepEqual(
      last.history.map(({ status, errorType }) => [status, errorType]),
      Array(3).fill(['error', 'Odd']),
    );
  });

  test('run an event at its time, and not after its greatest age', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { queue, clock } = house.house;
    house.background.start();
    await queue.enqueue(queued('later', 'f', { notBefore: clock.now() + 60_000 }));
    await queue.enqueue(queued('old', 'f', { expiresAt: clock.now() - 1 }));
    assert.equal((await house.finished('old')).dead, 'EventAgeExceeded');
    assert.deepEqual(house.runs, []);
    await clock.advance(60_000);
    assert.equal((await house.finished('later')).state, 'COMPLETED');
  });

  test('give throttled events back without counting an attempt, and pause the function', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { clock } = house.house;
    let refusals = 0;
    house.handler = (event, sink) => {
      if (++refusals <= 2) sink.failed(throttled());
      else succeed(event, sink);
    };
    house.background.start();
    await house.enqueue('a');
    await house.until('a', ({ state }) => state === 'PENDING' && refusals === 1);
    await clock.advance(74);
    assert.equal(refusals, 1);
    await clock.advance(1);
    await house.until('a', ({ state }) => state === 'PENDING' && refusals === 2);
    await clock.advance(150);
    const done = await house.finished('a');
    assert.deepEqual([done.state, done.attempts, done.interrupted], ['COMPLETED', 1, 0]);
  });

  test('make a dead letter of an event whose function is gone', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    house.handler = (_, sink) =>
      sink.failed(
        lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name: 'f', suggestion: undefined, existing: [] } as never),
      );
    house.background.start();
    await house.enqueue('a');
    const dead = await house.finished('a');
    assert.deepEqual([dead.dead, dead.history[0]?.errorType], ['FunctionGone', 'LAM_REGISTRY_FUNCTION_NOT_FOUND']);
  });

  test('start no more at a time than the function may run, and go on as its invocations end', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const ends: (() => void)[] = [];
    house.handler = (_, sink) => {
      sink.started();
      ends.push(() => sink.answered(answer()));
    };
    house.background.start();
    await house.enqueue(...Array.from({ length: 10 }, (_, i) => `e${i}`));
    await house.when(() => ends.length === 4);
    // The answer to this call follows those of all leases before it.
    await house.house.queue.counts();
    assert.equal(house.runs.length, 4);
    house.handler = succeed;
    for (const end of ends) end();
    for (let i = 0; i < 10; i++) await house.finished(`e${i}`);
    assert.equal(house.runs.length, 10);
  });

  test('let a function run while another has a flood of events', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { queue } = house.house;
    for (const name of ['f1', 'f2', 'f3', 'f4', 'f5'])
      house.settings[name] = { maxConcurrency: 1000, retries: 0, retryDelayMs: 0 };
    await Promise.all(Array.from({ length: 2000 }, (_, i) => queue.enqueue(queued(`flood${i}`, `f${(i % 5) + 1}`))));
    house.background.start();
    await queue.enqueue(queued('single', 'g'));
    await house.finished('single');
    const before = house.runs.findIndex((run) => run.startsWith('single'));
    assert.ok(before <= 1000, `${before} events ran before it`);
    await house.finished('flood1999');
  });

  test('extend the lease of a long invocation, and cancel one whose lease is lost or that is cancelled', async ({
    signal,
  }) => {
    await using house = await BackgroundHouse.open(signal);
    const { queue, clock } = house.house;
    const sinks: BackgroundSink[] = [];
    house.handler = (_, sink) => {
      sink.started();
      sinks.push(sink);
    };
    house.background.start();
    await house.enqueue('long', 'unwanted');
    await house.when(() => sinks.length === 2);
    for (let i = 0; i < 30; i++) {
      await clock.advance(10_000);
      await queue.counts();
    }
    assert.equal(house.runs.length, 2);
    await queue.cancel(asRequestId('unwanted'));
    assert.deepEqual(house.cancelled, ['unwanted']);
    for (const sink of sinks) sink.answered(answer());
    assert.equal((await house.finished('long')).interrupted, 0);
    assert.equal((await house.finished('unwanted')).state, 'CANCELLED');
  });

  test('do not run an event that is cancelled in the moment in which it is leased', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { queue } = house.house;
    await house.enqueue('a', 'b');
    house.background.start();
    // In the turn of the lease, and so in one transaction with it.
    await queue.cancel(asRequestId('a'));
    assert.equal((await house.finished('b')).state, 'COMPLETED');
    assert.deepEqual([house.runs, house.cancelled], [['b#1'], []]);
    const cancelled = await house.finished('a');
    assert.deepEqual([cancelled.state, cancelled.attempts, cancelled.history], ['CANCELLED', 0, []]);
    assert.deepEqual(house.troubles, []);
  });

  test('extend the lease of an event that was leased anew while its earlier run went on', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { queue, clock } = house.house;
    const sinks: BackgroundSink[] = [];
    house.handler = (_, sink) => {
      sink.started();
      sinks.push(sink);
    };
    house.background.start();
    await house.enqueue('a');
    await house.when(() => sinks.length === 1);
    // The machine slept for longer than the lease.
    clock.set(120_000);
    await house.when(() => sinks.length === 2);
    sinks[0]?.answered(answer());
    for (let i = 0; i < 12; i++) {
      await clock.advance(10_000);
      await queue.counts();
    }
    assert.deepEqual(house.runs, ['a#1', 'a#1']);
    sinks[1]?.answered(answer());
    const done = await house.finished('a');
    assert.deepEqual([done.state, done.attempts, done.interrupted], ['COMPLETED', 1, 1]);
  });

  test('do not run an event again whose attempts have ended without a word ten times', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { queue, clock } = house.house;
    await house.enqueue('poison');
    for (let i = 0; i < 10; i++) {
      assert.equal((await queue.lease(asFunctionName('f'), 1, 1000)).events.length, 1);
      await clock.advance(1000);
    }
    house.background.start();
    const dead = await house.finished('poison');
    assert.deepEqual([dead.dead, dead.interrupted, house.runs], ['Interrupted', 10, []]);
  });

  test('end with a stop: what runs is waited for, what has not begun is given back and not counted', async ({
    signal,
  }) => {
    await using house = await BackgroundHouse.open(signal);
    const { queue } = house.house;
    const sinks = new Map<string, BackgroundSink>();
    house.handler = (event, sink) => {
      if (event.id === 'runs') sink.started();
      sinks.set(event.id, sink);
    };
    house.background.start();
    await house.enqueue('runs', 'waits');
    await house.when(() => sinks.size === 2);
    const stopped = house.background.stop(60_000);
    await house.enqueue('too-late');
    assert.deepEqual(house.cancelled, ['waits']);
    sinks.get('runs')?.answered(answer());
    await stopped;
    const states = await Promise.all(['runs', 'waits', 'too-late'].map((id) => queue.get(asRequestId(id))));
    assert.deepEqual(
      states.map((found) => [found?.state, found?.attempts, found?.interrupted]),
      [
        ['COMPLETED', 1, 0],
        ['PENDING', 0, 0],
        ['PENDING', 0, 0],
      ],
    );
    assert.deepEqual(house.runs.length, 2);
  });

  test('end with a stop at its limit, when an invocation does not end', async ({ signal }) => {
    await using house = await BackgroundHouse.open(signal);
    const { clock } = house.house;
    let isBegun = false;
    house.handler = (_, sink) => {
      sink.started();
      isBegun = true;
    };
    house.background.start();
    await house.enqueue('a');
    await house.when(() => isBegun);
    let isStopped = false;
    const stopped = house.background.stop(60_000).then(() => (isStopped = true));
    await clock.advance(59_999);
    assert.equal(isStopped, false);
    await clock.advance(1);
    await stopped;
    assert.deepEqual(house.cancelled, []);
    await house.house.reopen();
    const found = await house.house.queue.get(asRequestId('a'));
    assert.deepEqual([found?.state, found?.interrupted], ['PENDING', 1]);
  });
});
