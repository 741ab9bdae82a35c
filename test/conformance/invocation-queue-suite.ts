import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AttemptReport, InvocationQueue, LeasedEvent } from '../../src/queue/queue.ts';
import { versionQualifier, type Qualifier } from '../../src/contract/index.ts';
import { asFunctionName, asRequestId, asVersion } from '../support/ids.ts';
import { queued } from '../support/queue-house.ts';

/** A queue under test, empty. */
export interface QueueRig extends AsyncDisposable {
  readonly queue: InvocationQueue;
  now(): number;
  /** Lets time pass. */
  later(ms: number): Promise<void>;
  /** The same queue as the next process sees it; leases of the one before are void. */
  reopened(): Promise<InvocationQueue>;
}

const F = asFunctionName('f');
const LEASE_MS = 60_000;

/** An attempt that ended. */
function attempt(status: string, more: Partial<AttemptReport> = {}): AttemptReport {
  return { at: 1, durationMs: 2, version: asVersion(3), status, ...more };
}

const idsOf = (events: readonly LeasedEvent[]): string[] => events.map(({ id }) => id);

/** Leases all due events of a function. */
async function leaseAll(queue: InvocationQueue, functionName = 'f'): Promise<readonly LeasedEvent[]> {
  return (await queue.lease(asFunctionName(functionName), 1000, LEASE_MS)).events;
}

/** Leases the only due event. */
async function leaseOne(queue: InvocationQueue): Promise<LeasedEvent> {
  const [event, ...rest] = await leaseAll(queue);
  assert.equal(rest.length, 0);
  assert.ok(event);
  return event;
}

/** Guarantees of every queue of asynchronous invocations. */
export function invocationQueueSuite(title: string, makeRig: () => Promise<QueueRig>): void {
  describe(`queue of invocations, ${title}`, () => {
    test('leases each accepted event once, with what was queued', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      const origin = { kind: 'trigger', trigger: 'schedule:nightly', id: '1' } as const;
      const facts = { origin, clientContext: '{"a":1}', verbatim: true, timeoutMs: 1500 };
      assert.equal(await queue.enqueue(queued('a', 'f', facts)), 'accepted');
      const event = await leaseOne(queue);
      assert.equal(Buffer.from(event.event).toString(), 'a');
      assert.deepEqual({ ...event, ...facts }, event);
      assert.deepEqual([event.attempts, event.interrupted], [0, 0]);
      assert.ok(event.acceptedAt <= rig.now());
      assert.deepEqual(await leaseAll(queue), []);
    });

    test('ignores an event whose id it knows, also after it has finished', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      await queue.enqueue(queued('a'));
      assert.equal(await queue.enqueue(queued('a', 'f', { event: Buffer.from('other') })), 'known');
      const event = await leaseOne(queue);
      assert.equal(Buffer.from(event.event).toString(), 'a');
      await queue.settle(event.token, { kind: 'completed', attempt: attempt('success') });
      assert.equal(await queue.enqueue(queued('a')), 'known');
      assert.deepEqual(await leaseAll(queue), []);
    });

    test('accepts exactly one of many that arrive with one id at a time', async () => {
      await using rig = await makeRig();
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => rig.queue.enqueue(queued('a'))));
      assert.equal(outcomes.filter((outcome) => outcome === 'accepted').length, 1);
      await leaseOne(rig.queue);
    });

    test('keeps events of any size unchanged, from none to the limit of Invoke', async () => {
      await using rig = await makeRig();
      for (const size of [0, 1, 65_537, 6 * 1024 * 1024]) {
        const event = Buffer.alloc(size, 'ab\0');
        await rig.queue.enqueue(queued(`s${size}`, 'f', { event }));
        const leased = await leaseOne(rig.queue);
        assert.ok(Buffer.from(leased.event).equals(event), `${size} bytes`);
        assert.ok(Buffer.from((await rig.queue.eventOf(leased.id))?.event ?? []).equals(event));
      }
    });

    test('leases no more than asked for, and none twice', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      const ids = Array.from({ length: 50 }, (_, i) => `e${i}`);
      await Promise.all(ids.map((id) => queue.enqueue(queued(id))));
      const all = await Promise.all(Array.from({ length: 10 }, () => queue.lease(F, 7, LEASE_MS)));
      for (const { events } of all) assert.ok(events.length <= 7);
      assert.deepEqual(all.flatMap(({ events }) => idsOf(events)).toSorted(), ids.toSorted());
    });

    test('leases only events of the function', async () => {
      await using rig = await makeRig();
      await rig.queue.enqueue(queued('a', 'f'));
      await rig.queue.enqueue(queued('b', 'g'));
      assert.deepEqual(idsOf(await leaseAll(rig.queue, 'g')), ['b']);
      assert.deepEqual(idsOf(await leaseAll(rig.queue, 'none')), []);
    });

    test('holds an event back until it is due, and says when to ask again', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      const due = rig.now() + 5000;
      await queue.enqueue(queued('a', 'f', { notBefore: due }));
      const early = await queue.lease(F, 1, LEASE_MS);
      assert.deepEqual(early, { events: [], nextAt: due });
      await rig.later(5000);
      assert.deepEqual(idsOf(await leaseAll(queue)), ['a']);
    });

    test('makes an event available again when its lease ends, and not before', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      await queue.enqueue(queued('a'));
      const first = await queue.lease(F, 1, 5000);
      assert.equal(first.events.length, 1);
      await rig.later(4000);
      assert.deepEqual(await leaseAll(queue), []);
      await rig.later(2000);
      const again = await leaseOne(queue);
      assert.equal(again.interrupted, 1);
      assert.notEqual(again.token, first.events[0]?.token);
      assert.equal(
        await queue.settle(first.events[0]?.token ?? '', { kind: 'completed', attempt: attempt('success') }),
        'lost',
      );
      assert.equal((await queue.get(again.id))?.state, 'RUNNING');
    });

    test('keeps a lease that is extended, and refuses to extend one that has ended', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      await queue.enqueue(queued('a'));
      const [event] = (await queue.lease(F, 1, 5000)).events;
      const token = event?.token ?? '';
      await rig.later(4000);
      assert.equal(await queue.extend(token, 5000), 'held');
      await rig.later(4000);
      assert.deepEqual(await leaseAll(queue), []);
      await rig.later(4000);
      assert.equal(await queue.extend(token, 5000), 'lost');
      assert.equal(await queue.extend('no such lease', 5000), 'lost');
    });

    test('completes an invocation and keeps its result', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      await queue.enqueue(queued('a'));
      const { token } = await leaseOne(queue);
      const report = attempt('success', { payload: Buffer.from('"done"'), log: 'line\n' });
      assert.equal(await queue.settle(token, { kind: 'completed', attempt: report }), 'held');
      const found = await queue.get(asRequestId('a'));
      assert.equal(found?.state, 'COMPLETED');
      assert.equal(Buffer.from(found.payload ?? []).toString(), '"done"');
      assert.equal(found.log, 'line\n');
      assert.deepEqual(found.history, [{ at: 1, durationMs: 2, version: 3, status: 'success' }]);
      assert.equal(found.attempts, 1);
      assert.equal(await queue.settle(token, { kind: 'completed', attempt: report }), 'lost');
    });

    test('keeps the beginning of a result that is too long', async () => {
      await using rig = await makeRig();
      await rig.queue.enqueue(queued('a'));
      const { token } = await leaseOne(rig.queue);
      const payload = Buffer.alloc(1024 * 1024, 'x');
      await rig.queue.settle(token, { kind: 'completed', attempt: attempt('success', { payload }) });
      const found = await rig.queue.get(asRequestId('a'));
      assert.equal(found?.isTruncated, true);
      assert.equal(found.payload?.byteLength, 256 * 1024);
    });

    test('gives an event again at the time that its settlement says, and counts attempts that ran', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      await queue.enqueue(queued('a'));
      const first = await leaseOne(queue);
      await queue.settle(first.token, { kind: 'again', notBefore: rig.now() + 5000, attempt: attempt('error') });
      assert.deepEqual(await leaseAll(queue), []);
      await rig.later(5000);
      const second = await leaseOne(queue);
      assert.equal(second.attempts, 1);
      await queue.settle(second.token, { kind: 'again', notBefore: rig.now() });
      const third = await leaseOne(queue);
      assert.deepEqual([third.attempts, third.interrupted], [1, 0]);
      await queue.settle(third.token, { kind: 'failed', attempt: attempt('timeout') });
      const found = await queue.get(asRequestId('a'));
      assert.deepEqual([found?.state, found?.attempts, found?.dead], ['FAILED', 2, undefined]);
      assert.deepEqual(
        found?.history.map(({ status }) => status),
        ['error', 'timeout'],
      );
    });

    test('queues follow-ups with a settlement', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      for (const id of ['a', 'b']) await queue.enqueue(queued(id));
      const [a, b] = await leaseAll(queue);
      await queue.settle(a?.token ?? '', {
        kind: 'completed',
        attempt: attempt('success'),
        followUps: [queued('after', 'g')],
      });
      await queue.deadLetter(b?.token ?? '', { reason: 'RetriesExhausted', followUps: [queued('after-b', 'g')] });
      assert.deepEqual(idsOf(await leaseAll(queue, 'g')).toSorted(), ['after', 'after-b']);
    });

    test('keeps dead letters until they are purged, or runs them again', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      for (const [id, name] of [
        ['a', 'f'],
        ['b', 'f'],
        ['c', 'g'],
      ] as const)
        await queue.enqueue(queued(id, name));
      for (const { token } of [...(await leaseAll(queue)), ...(await leaseAll(queue, 'g'))]) {
        assert.equal(await queue.deadLetter(token, { reason: 'RetriesExhausted', attempt: attempt('error') }), 'held');
      }
      const dead = await queue.list({ dead: true, limit: 10 });
      assert.deepEqual(
        dead.invocations.map(({ id, state, dead: why }) => [id, state, why]),
        [
          ['c', 'FAILED', 'RetriesExhausted'],
          ['b', 'FAILED', 'RetriesExhausted'],
          ['a', 'FAILED', 'RetriesExhausted'],
        ],
      );
      assert.equal((await queue.counts())['f']?.dead, 2);
      const expiresAt = rig.now() + 1e9;
      assert.equal(await queue.redrive({ ids: [asRequestId('a'), asRequestId('nobody')] }, expiresAt), 1);
      const again = await leaseOne(queue);
      assert.deepEqual([again.id, again.attempts, again.expiresAt], ['a', 0, expiresAt]);
      assert.equal(Buffer.from(again.event).toString(), 'a');
      assert.equal(await queue.purge({ functionName: F }), 1);
      assert.equal(await queue.get(asRequestId('b')), undefined);
      assert.equal((await queue.list({ dead: true, limit: 10 })).invocations.length, 1);
      assert.equal(await queue.purge({}), 1);
      assert.equal(await queue.redrive({}, expiresAt), 0);
    });

    test('cancels what has not finished: a pending event never runs, a running one loses its lease', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      await queue.enqueue(queued('a'));
      assert.equal((await queue.cancel(asRequestId('a')))?.state, 'PENDING');
      assert.deepEqual(await leaseAll(queue), []);
      await queue.enqueue(queued('b'));
      const { token } = await leaseOne(queue);
      assert.equal((await queue.cancel(asRequestId('b')))?.state, 'RUNNING');
      assert.equal(await queue.extend(token, LEASE_MS), 'lost');
      assert.equal(await queue.settle(token, { kind: 'completed', attempt: attempt('success') }), 'lost');
      for (const id of ['a', 'b']) assert.equal((await queue.get(asRequestId(id)))?.state, 'CANCELLED');
      assert.equal((await queue.cancel(asRequestId('b')))?.state, 'CANCELLED');
      const started = await Promise.all(['a', 'b'].map((id) => queue.get(asRequestId(id))));
      assert.deepEqual(
        started.map((each) => each?.startedAt !== undefined),
        [false, true],
        'the attempt that was cancelled had begun',
      );
      assert.equal(await queue.cancel(asRequestId('nobody')), undefined);
    });

    test('tells of a cancellation that meets the lease of its event, and voids that lease', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      // Asked for in both orders; a queue may take them in either.
      for (const id of ['cancel-first', 'lease-first'].map(asRequestId)) {
        const { promise: told, resolve } = Promise.withResolvers<string>();
        const stop = queue.watch({ finished: (ended, state) => resolve(`${ended} ${state}`) });
        await queue.enqueue(queued(id));
        const early = id === 'cancel-first' ? queue.cancel(id) : undefined;
        const [{ events }] = await Promise.all([queue.lease(F, 1, LEASE_MS), early ?? queue.cancel(id)]);
        assert.equal(await told, `${id} CANCELLED`);
        stop();
        for (const { token } of events) {
          assert.equal(await queue.settle(token, { kind: 'again', notBefore: rig.now() }), 'lost');
        }
        assert.equal((await queue.get(id))?.state, 'CANCELLED');
        assert.deepEqual(await leaseAll(queue), []);
      }
    });

    test('leases no event whose cancellation it has told', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      const { promise: answer, resolve } = Promise.withResolvers<readonly LeasedEvent[]>();
      queue.watch({ finished: () => resolve(leaseAll(queue)) });
      for (const id of ['a', 'b']) await queue.enqueue(queued(id));
      await queue.cancel(asRequestId('a'));
      assert.deepEqual(idsOf(await answer), ['b']);
    });

    test('lists the newest first, in pages, by function and state', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      for (let i = 0; i < 7; i++) await queue.enqueue(queued(`e${i}`, i % 2 === 0 ? 'f' : 'g'));
      const first = await queue.list({ limit: 4 });
      assert.deepEqual(
        first.invocations.map(({ id }) => id),
        ['e6', 'e5', 'e4', 'e3'],
      );
      const second = await queue.list({ limit: 4, ...(first.next === undefined ? {} : { after: first.next }) });
      assert.deepEqual(
        second.invocations.map(({ id }) => id),
        ['e2', 'e1', 'e0'],
      );
      assert.equal(second.next, undefined);
      await leaseAll(queue, 'g');
      const running = await queue.list({ functionName: asFunctionName('g'), state: 'RUNNING', limit: 10 });
      assert.deepEqual(
        running.invocations.map(({ id }) => id),
        ['e5', 'e3', 'e1'],
      );
      assert.deepEqual((await queue.list({ functionName: F, state: 'RUNNING', limit: 10 })).invocations, []);
    });

    test('counts by function and state', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      for (const id of ['a', 'b', 'c', 'd', 'e', 'x']) await queue.enqueue(queued(id));
      const [a, b, c, d] = (await queue.lease(F, 4, LEASE_MS)).events.map(({ token }) => token);
      await queue.settle(a ?? '', { kind: 'completed', attempt: attempt('success') });
      await queue.settle(b ?? '', { kind: 'failed', attempt: attempt('error') });
      await queue.deadLetter(c ?? '', { reason: 'EventAgeExceeded' });
      const left = await queue.list({ state: 'PENDING', limit: 1 });
      await queue.cancel(left.invocations[0]?.id ?? asRequestId(''));
      assert.ok(d);
      assert.deepEqual(await queue.counts(), {
        f: { pending: 1, running: 1, completed: 1, failed: 1, cancelled: 1, dead: 1 },
      });
    });

    test('announces functions with new, delayed, returned and redriven events, and ends of invocations', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      const ready: string[] = [];
      const finished: string[] = [];
      const stop = queue.watch({
        ready: (name) => ready.push(name),
        finished: (id, state) => finished.push(`${id} ${state}`),
      });
      const heard = (): string[] => ready.splice(0);
      await queue.enqueue(queued('a'));
      assert.deepEqual(heard(), ['f']);
      const first = await leaseOne(queue);
      await queue.settle(first.token, { kind: 'again', notBefore: rig.now() });
      assert.deepEqual(heard(), ['f']);
      const second = await leaseOne(queue);
      await queue.deadLetter(second.token, { reason: 'RetriesExhausted' });
      await queue.redrive({}, rig.now() + 1e9);
      assert.deepEqual(heard(), ['f']);
      const third = await leaseOne(queue);
      await queue.settle(third.token, { kind: 'completed', attempt: attempt('success') });
      assert.deepEqual(finished, ['a FAILED', 'a COMPLETED']);
      stop();
      await queue.enqueue(queued('b'));
      assert.deepEqual(heard(), []);
    });

    test('keeps events, results and ids for the next process, whose leases are its own', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      for (const id of ['a', 'b', 'c']) await queue.enqueue(queued(id));
      const [a, b] = (await queue.lease(F, 2, LEASE_MS)).events;
      await queue.settle(a?.token ?? '', { kind: 'completed', attempt: attempt('success') });
      const next = await rig.reopened();
      const ready: string[] = [];
      await next.counts();
      next.watch({ ready: (name) => ready.push(name) });
      assert.deepEqual([...new Set(ready)], ['f']);
      assert.equal(await next.settle(b?.token ?? '', { kind: 'completed', attempt: attempt('success') }), 'lost');
      assert.deepEqual(
        (await leaseAll(next)).map(({ id, interrupted }) => [id, interrupted]),
        [
          ['b', 1],
          ['c', 0],
        ],
      );
      assert.equal((await next.get(asRequestId('a')))?.state, 'COMPLETED');
      assert.equal(await next.enqueue(queued('a')), 'known');
    });

    test('refuses events beyond the bounds of their function, but for ids that it knows', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      const bounds = { waiting: 2, dead: 1, deadBytes: 100 };
      assert.equal(await queue.enqueue(queued('a'), bounds), 'accepted');
      assert.equal(await queue.enqueue(queued('b'), bounds), 'accepted');
      assert.equal(await queue.enqueue(queued('c'), bounds), 'full');
      assert.equal(await queue.enqueue(queued('a'), bounds), 'known');
      assert.equal(await queue.enqueue(queued('other', 'g'), bounds), 'accepted');
      const [first] = (await queue.lease(F, 1, LEASE_MS)).events;
      assert.equal(await queue.enqueue(queued('c'), bounds), 'full');
      await queue.deadLetter(first?.token ?? '', { reason: 'RetriesExhausted' });
      assert.equal(await queue.enqueue(queued('c'), bounds), 'dead-full');
      assert.equal(await queue.enqueue(queued('c'), { ...bounds, dead: 2, deadBytes: 1 }), 'dead-full');
      assert.equal(await queue.purge({}), 1);
      assert.equal(await queue.enqueue(queued('c'), bounds), 'accepted');
    });

    test('names the versions of events that wait, run or are dead letters', async () => {
      await using rig = await makeRig();
      const { queue } = rig;
      const named = async (): Promise<string[]> =>
        (await queue.versionsNamed()).map(({ name, version }) => `${name}@${version}`).toSorted();
      assert.deepEqual(await named(), []);
      const at = (version: number): { qualifier: Qualifier } => ({ qualifier: versionQualifier(asVersion(version)) });
      await queue.enqueue(queued('a', 'f', at(3)));
      await queue.enqueue(queued('b', 'f', at(3)));
      await queue.enqueue(queued('c', 'g', at(12)));
      await queue.enqueue(queued('d', 'g'));
      assert.deepEqual(await named(), ['f@3', 'g@12']);
      const [a, b] = await leaseAll(queue);
      assert.deepEqual(await named(), ['f@3', 'g@12']);
      await queue.settle(a?.token ?? '', { kind: 'completed', attempt: attempt('success') });
      await queue.deadLetter(b?.token ?? '', { reason: 'RetriesExhausted' });
      assert.deepEqual(await named(), ['f@3', 'g@12']);
      await queue.purge({});
      assert.deepEqual(await named(), ['g@12']);
    });

    test('refuses calls once it is closed', async () => {
      await using rig = await makeRig();
      const accepted = rig.queue.enqueue(queued('a'));
      await Promise.all([rig.queue.close(), rig.queue.close()]);
      assert.equal(await accepted, 'accepted');
      await assert.rejects(rig.queue.enqueue(queued('b')), { code: 'LAM_QUEUE_UNAVAILABLE' });
      await assert.rejects(rig.queue.get(asRequestId('a')), { code: 'LAM_QUEUE_UNAVAILABLE' });
    });
  });
}
