import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { Clock } from '../../../src/kit/index.ts';
import { EmbeddedQueue } from '../../../src/queue/index.ts';
import { WAITING_SQL } from '../../../src/queue/embedded/reads.ts';
import type { InvocationQueue } from '../../../src/queue/queue.ts';
import { asFunctionName, asRequestId } from '../../support/ids.ts';
import { QUEUE_WORKER, queued, queueHouse } from '../../support/queue-house.ts';

const F = asFunctionName('f');
const DAY = 86_400_000;

/** Runs the next `count` events of `f` to completion. */
async function complete(queue: InvocationQueue, count: number, payload?: Uint8Array): Promise<void> {
  const { events } = await queue.lease(F, count, 60_000);
  const attempt = { at: 1, durationMs: 1, status: 'success', ...(payload === undefined ? {} : { payload }) };
  await Promise.all(events.map(({ token }) => queue.settle(token, { kind: 'completed', attempt })));
}

const idsIn = async (queue: InvocationQueue): Promise<string[]> =>
  (await queue.list({ limit: 1000 })).invocations.map(({ id }) => id);

describe('the file of a queue', () => {
  test('is made by the first call, not by opening', async () => {
    await using house = await queueHouse();
    assert.equal(existsSync(house.file), false);
    await house.queue.enqueue(queued('a'));
    assert.ok(existsSync(house.file));
  });

  test('that is damaged is kept aside and reported, and a new one is begun', async () => {
    await using house = await queueHouse();
    await writeFile(house.file, 'this is no database, but it is long enough to be taken for one\n'.repeat(100));
    await house.reopen();
    assert.equal(await house.queue.enqueue(queued('a')), 'accepted');
    assert.equal(house.troubles.length, 1);
    assert.match(
      house.troubles[0] ?? '',
      /was damaged; it is kept as .*queue\.db\.damaged-\S+ and a new one was begun/,
    );
    assert.ok((await readdir(house.folder)).some((name) => name.startsWith('queue.db.damaged-')));
  });

  test('that is damaged while it is used is kept aside, and the event that found it is accepted', async () => {
    await using house = await queueHouse();
    await house.queue.enqueue(queued('a'));
    const other = new DatabaseSync(house.file);
    // So that the queue does not read pages from its cache or from the WAL.
    other.exec('CREATE TABLE another (a); PRAGMA wal_checkpoint(TRUNCATE)');
    other.close();
    const { size } = await stat(house.file);
    const bytes = await open(house.file, 'r+');
    await bytes.write(Buffer.alloc(size - 4096, 'x'), 0, size - 4096, 4096);
    await bytes.close();
    assert.equal(await house.queue.enqueue(queued('b')), 'accepted');
    assert.match(house.troubles.join(), /was damaged; it is kept as/);
    assert.deepEqual(await idsIn(house.queue), ['b']);
  });

  test('that is damaged in part is kept aside, and its waiting events are taken over', async () => {
    await using house = await queueHouse();
    const ids = Array.from({ length: 450 }, (_, n) => `event-${n}`);
    await Promise.all(ids.map((id) => house.queue.enqueue(queued(id, 'f', { event: Buffer.alloc(2000, id) }))));
    const { events } = await house.queue.lease(asFunctionName('f'), 2, 60_000);
    const [done, running] = events;
    const attempt = { at: 1, durationMs: 1, status: 'success' };
    await house.queue.settle(done?.token ?? '', { kind: 'completed', attempt });
    await house.queue.close();
    const db = new DatabaseSync(house.file);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'tallies'").get()?.['rootpage'];
    db.close();
    const bytes = await open(house.file, 'r+');
    await bytes.write(Buffer.alloc(4096, 'x'), 0, 4096, (Number(root) - 1) * 4096);
    await bytes.close();
    await house.reopen();
    const ready: string[] = [];
    house.queue.watch({ ready: (name) => ready.push(name) });
    const counts = await house.queue.counts();
    assert.equal(counts['f']?.pending, 449);
    assert.ok(ready.includes('f'));
    assert.match(house.troubles.join(), /a new one was begun, with 449 waiting events of it/);
    const kept = await house.queue.eventOf(asRequestId(running?.id ?? ''));
    assert.deepEqual(Buffer.from(kept?.event ?? []), Buffer.alloc(2000, running?.id));
    assert.equal(await house.queue.get(asRequestId(done?.id ?? '')), undefined);
  });

  test('of a newer lam is kept aside unchanged and reported, and a new one is begun', async () => {
    await using house = await queueHouse();
    await house.queue.enqueue(queued('a'));
    await house.queue.close();
    const db = new DatabaseSync(house.file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await house.reopen();
    assert.equal(await house.queue.enqueue(queued('b')), 'accepted');
    assert.match(house.troubles.join(), /is of a newer lam; it is kept as .*queue\.db\.newer-/);
    const kept = (await readdir(house.folder)).find((name) => /newer-[^.]*\.[^.-]*$/.test(name));
    const newer = new DatabaseSync(join(house.folder, kept ?? ''), { readOnly: true });
    assert.equal(newer.prepare('SELECT id FROM invocations').get()?.['id'], 'a');
    newer.close();
  });

  test('of an older lam is taken over, and counts what ran as interrupted', async () => {
    await using house = await queueHouse();
    for (const id of ['a', 'b']) await house.queue.enqueue(queued(id));
    await house.queue.close();
    const db = new DatabaseSync(house.file);
    // As version 3 leaves a leased event when its process is killed.
    db.exec(`DROP TABLE leases; PRAGMA user_version = 3;
      UPDATE invocations SET state = 1, started = 5 WHERE id = 'a';
      UPDATE tallies SET pending = 1, running = 1;`);
    db.close();
    await house.reopen();
    const { pending, running } = (await house.queue.counts())['f'] ?? {};
    assert.deepEqual({ pending, running }, { pending: 2, running: 0 });
    const { events } = await house.queue.lease(F, 10, 60_000);
    assert.deepEqual(
      events.map(({ id, interrupted }) => [id, interrupted]),
      [
        ['a', 1],
        ['b', 0],
      ],
    );
  });

  test('says after the end of a process which attempts it interrupted: those that were leased and had not ended', async () => {
    await using house = await queueHouse();
    const ids = ['done', 'again', 'dead', 'runs', 'waits'];
    for (const id of ids) await house.queue.enqueue(queued(id));
    const { events } = await house.queue.lease(F, 4, 60_000);
    const [done = '', again = '', dead = ''] = events.map(({ token }) => token);
    await house.queue.settle(done, { kind: 'completed', attempt: { at: 1, durationMs: 1, status: 'success' } });
    await house.queue.settle(again, { kind: 'again', notBefore: house.clock.now() });
    await house.queue.deadLetter(dead, { reason: 'RetriesExhausted' });
    await house.queue.redrive({ functionName: F }, 1e13);
    await house.reopen();
    const { invocations } = await house.queue.list({ limit: 10 });
    assert.deepEqual(Object.fromEntries(invocations.map(({ id, state, interrupted }) => [id, [state, interrupted]])), {
      done: ['COMPLETED', 0],
      again: ['PENDING', 0],
      dead: ['PENDING', 0],
      runs: ['PENDING', 1],
      waits: ['PENDING', 0],
    });
  });

  test('in a folder that is missing is reported to each caller, and used once the folder is there', async () => {
    await using house = await queueHouse();
    const folder = join(house.folder, 'later');
    await using away = await queueHouse({ file: join(folder, 'queue.db') });
    await assert.rejects(away.queue.enqueue(queued('a')), { code: 'LAM_QUEUE_FAILED', message: /unable to open/ });
    await mkdir(folder);
    assert.equal(await away.queue.enqueue(queued('a')), 'accepted');
  });

  const isRoot = process.getuid?.() === 0 && process.platform === 'linux';
  test(
    'on a full disk accepts nothing and keeps what it has, until there is space again',
    { skip: isRoot ? false : 'needs root to mount a small disk' },
    async () => {
      await using house = await queueHouse();
      const disk = join(house.folder, 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
      try {
        await using small = await queueHouse({ file: join(disk, 'queue.db') });
        await small.queue.enqueue(queued('a'));
        await assert.rejects(writeFile(join(disk, 'filler'), Buffer.alloc(1024 * 1024)), { code: 'ENOSPC' });
        const event = Buffer.alloc(100_000, 'x');
        await assert.rejects(small.queue.enqueue(queued('b', 'f', { event })), { code: 'LAM_STORE_DISK_FULL' });
        assert.equal(await small.queue.get(asRequestId('b')), undefined);
        assert.deepEqual((await small.queue.counts())['f']?.pending, 1);
        await rm(join(disk, 'filler'));
        assert.equal(await small.queue.enqueue(queued('b', 'f', { event })), 'accepted');
        assert.deepEqual(await idsIn(small.queue), ['b', 'a']);
      } finally {
        execFileSync('umount', [disk]);
      }
    },
  );
});

describe('group commit', () => {
  test('accepts many events that arrive at once, and stores each', async () => {
    await using house = await queueHouse();
    const ids = Array.from({ length: 3000 }, (_, i) => `e${i}`);
    const outcomes = await Promise.all(ids.map((id) => house.queue.enqueue(queued(id))));
    assert.ok(outcomes.every((outcome) => outcome === 'accepted'));
    await house.reopen();
    assert.equal((await house.queue.counts())['f']?.pending, 3000);
  });

  test('refuses events beyond the bytes that may wait to be stored, and accepts them later', async () => {
    await using house = await queueHouse();
    const event = Buffer.alloc(16 * 1024 * 1024);
    const calls = Array.from({ length: 6 }, (_, i) => house.queue.enqueue(queued(`e${i}`, 'f', { event })));
    const outcomes = await Promise.allSettled(calls);
    assert.deepEqual(
      outcomes.map((o) => (o.status === 'fulfilled' ? o.value : (o.reason as { code: string }).code)),
      [...Array<string>(4).fill('accepted'), 'LAM_QUEUE_OVERLOADED', 'LAM_QUEUE_OVERLOADED'],
    );
    assert.equal(await house.queue.enqueue(queued('e4', 'f', { event })), 'accepted');
  });

  test('leases large events a few at a time, so that they do not fill the memory', async () => {
    await using house = await queueHouse();
    const event = Buffer.alloc(3 * 1024 * 1024);
    for (const id of ['a', 'b', 'c', 'd']) await house.queue.enqueue(queued(id, 'f', { event }));
    const { events, nextAt } = await house.queue.lease(F, 10, 60_000);
    assert.deepEqual(
      events.map(({ id }) => id),
      ['a', 'b'],
    );
    assert.equal(nextAt, house.clock.now());
  });
});

test('a lease reads the events that it gives by an index, not all of the function', async () => {
  await using house = await queueHouse();
  await house.queue.enqueue(queued('a'));
  await house.queue.close();
  const db = new DatabaseSync(house.file);
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${WAITING_SQL}`).all('f', 1);
  assert.match(plan.map(({ detail }) => detail).join('; '), /^SEARCH invocations USING COVERING INDEX waiting [^;]*$/);
  db.close();
});

describe('the order of a queue', () => {
  test('is that of acceptance, and of due times for delayed events', async () => {
    await using house = await queueHouse();
    const { queue, clock } = house;
    await queue.enqueue(queued('late', 'f', { notBefore: clock.now() + 500 }));
    await queue.enqueue(queued('a'));
    await queue.enqueue(queued('b'));
    await clock.advance(1000);
    await queue.enqueue(queued('c'));
    const { events } = await queue.lease(F, 10, 60_000);
    assert.deepEqual(
      events.map(({ id }) => id),
      ['a', 'b', 'late', 'c'],
    );
  });

  test('does not hold events back that were accepted before the clock was set back', async () => {
    await using house = await queueHouse();
    await house.queue.close();
    let time = 1_800_000_000_000;
    const clock: Clock = {
      now: () => time,
      monotonic: () => 0,
      after: () => () => undefined,
      every: () => () => undefined,
    };
    const options = { file: house.file, worker: QUEUE_WORKER, clock, onTrouble: () => undefined };
    let queue = EmbeddedQueue.open(options);
    for (const id of ['a', 'b']) await queue.enqueue(queued(id));
    await queue.enqueue(queued('delayed', 'f', { notBefore: time + 5000 }));
    time -= 3_600_000;
    assert.deepEqual(
      (await queue.lease(F, 1, 60_000)).events.map(({ id }) => id),
      ['a'],
    );
    await queue.close();
    time -= 3_600_000;
    queue = EmbeddedQueue.open(options);
    assert.deepEqual(
      (await queue.lease(F, 10, 60_000)).events.map(({ id }) => id),
      ['a', 'b'],
    );
    await queue.close();
  });
});

describe('retention', () => {
  const keep = { count: 1e6, bytes: 1e12, ageMs: 1000 * DAY, deadAgeMs: 1000 * DAY };

  test('deletes the oldest finished invocations beyond a count, but no id of the last two minutes', async () => {
    await using house = await queueHouse({ retention: { ...keep, count: 3 } });
    const { queue, clock } = house;
    for (let i = 0; i < 6; i++) await queue.enqueue(queued(`e${i}`));
    await queue.enqueue(queued('waits', 'f', { notBefore: clock.now() + DAY }));
    await complete(queue, 6);
    assert.equal((await idsIn(queue)).length, 7);
    assert.equal(await queue.enqueue(queued('e0')), 'known');
    await clock.advance(121_000);
    await queue.counts();
    assert.deepEqual(await idsIn(queue), ['waits', 'e5', 'e4', 'e3']);
    assert.deepEqual((await queue.counts())['f']?.completed, 3);
  });

  test('deletes by bytes of events and results, and by age; dead letters by an age of their own', async () => {
    await using house = await queueHouse({
      retention: { ...keep, bytes: 250_000, ageMs: 10 * DAY, deadAgeMs: 20 * DAY },
    });
    const { queue, clock } = house;
    for (let i = 0; i < 4; i++) {
      await queue.enqueue(queued(`e${i}`));
      await complete(queue, 1, Buffer.alloc(100_000));
      await clock.advance(1000);
    }
    await queue.enqueue(queued('dead'));
    const { events } = await queue.lease(F, 1, 60_000);
    await queue.deadLetter(events[0]?.token ?? '', { reason: 'RetriesExhausted' });
    await clock.advance(121_000);
    await queue.counts();
    assert.deepEqual(await idsIn(queue), ['dead', 'e3', 'e2']);
    await clock.advance(11 * DAY);
    await queue.counts();
    assert.deepEqual(await idsIn(queue), ['dead']);
    await clock.advance(11 * DAY);
    await queue.counts();
    assert.deepEqual(await idsIn(queue), []);
    assert.deepEqual(await queue.counts(), {});
  });

  test('gives the space of deleted invocations back to the disk', async () => {
    await using house = await queueHouse({ retention: { ...keep, count: 0 } });
    const { queue, clock } = house;
    const event = Buffer.alloc(200_000);
    for (let i = 0; i < 100; i++) await queue.enqueue(queued(`e${i}`, 'f', { event }));
    for (let i = 0; i < 3; i++) await complete(queue, 40);
    assert.ok((await stat(`${house.file}-wal`)).size + (await stat(house.file)).size > 15_000_000);
    await clock.advance(121_000);
    for (let i = 0; i < 20; i++) await queue.counts();
    await queue.close();
    assert.ok((await stat(house.file)).size < 12_000_000, `${(await stat(house.file)).size} bytes`);
  });
});
