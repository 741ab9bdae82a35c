import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { acquireLock, lockHolder } from '../../../../src/store/disk/lock.ts';
import { layout, prepareHome, type Layout } from '../../../../src/store/disk/layout.ts';
import { lam } from '../support.ts';

describe('the lock of a home', () => {
  let paths: Layout;
  beforeEach(async () => {
    paths = layout(await mkdtemp(join(tmpdir(), 'lam-lock-')));
    prepareHome(paths);
  });
  afterEach(() => rm(paths.home, { recursive: true, force: true }));

  const deadPid = async (): Promise<number> => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    return child.pid ?? 0;
  };
  const leave = (holder: object | string): Promise<void> =>
    writeFile(paths.lock, typeof holder === 'string' ? holder : JSON.stringify(holder));

  test('names its holder, and is gone after release', async () => {
    const lock = await acquireLock(paths);
    assert.equal((await lockHolder(paths))?.pid, process.pid);
    assert.equal(lock.reclaimed, false);
    await lock.release();
    await lock.release();
    assert.equal(await lockHolder(paths), undefined);
    assert.deepEqual((await readdir(paths.run)).toSorted(), ['dial', 'sb']);
  });

  test('is refused while a live process holds it, and says which', async () => {
    const lock = await acquireLock(paths);
    await assert.rejects(acquireLock(paths), lam('LAM_STORE_LOCKED', String(process.pid)));
    await lock.release();
    await (await acquireLock(paths)).release();
  });

  test('of a dead process is reclaimed', async () => {
    await leave({ pid: await deadPid(), start: 'x', token: 'ab' });
    const lock = await acquireLock(paths);
    assert.equal(lock.reclaimed, true);
    await lock.release();
  });

  test(
    'of a live pid that is another process by now is reclaimed',
    { skip: process.platform !== 'linux' && 'start times are known on Linux only' },
    async () => {
      await leave({ pid: process.pid, start: 'some other boot:1', token: 'ab' });
      const lock = await acquireLock(paths);
      assert.equal(lock.reclaimed, true);
      await lock.release();
    },
  );

  test('that cannot be parsed is reclaimed', async () => {
    await leave('{"pid":');
    await (await acquireLock(paths)).release();
  });

  test('of another process survives a late release', async () => {
    const lock = await acquireLock(paths);
    await leave({ pid: process.pid, start: '', token: 'cd' });
    await lock.release();
    assert.match(await readFile(paths.lock, 'utf8'), /cd/);
  });

  test('goes to exactly one of many processes that reclaim it at once, also after an unfinished attempt', async () => {
    const pid = await deadPid();
    for (let round = 0; round < 10; round++) {
      await leave({ pid, start: 'x', token: 'ab' });
      await writeFile(`${paths.lock}.break-ab`, JSON.stringify({ pid, start: 'x', token: 'cd' }));
      const tries = await Promise.allSettled(Array.from({ length: 12 }, () => acquireLock(paths)));
      const won = tries.filter((t) => t.status === 'fulfilled');
      assert.equal(won.length, 1);
      for (const t of tries) if (t.status === 'rejected') lam('LAM_STORE_LOCKED')(t.reason);
      await won[0]?.value.release();
      assert.deepEqual((await readdir(paths.run)).toSorted(), ['dial', 'sb']);
    }
  });

  test(
    'is reclaimed once where neither it nor what unfinished attempts left can be read',
    { timeout: 60_000 },
    async () => {
      for (const guards of [['unreadable'], ['unreadable', 'unreadable-unreadable']]) {
        await leave('');
        for (const guard of guards) await writeFile(`${paths.lock}.break-${guard}`, '');
        const tries = await Promise.allSettled(Array.from({ length: 12 }, () => acquireLock(paths)));
        const won = tries.filter((t) => t.status === 'fulfilled');
        assert.equal(won.length, 1);
        for (const t of tries) if (t.status === 'rejected') lam('LAM_STORE_LOCKED')(t.reason);
        await won[0]?.value.release();
        assert.deepEqual((await readdir(paths.run)).toSorted(), ['dial', 'sb']);
      }
    },
  );
});
