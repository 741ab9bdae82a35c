import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { openResources, type ChosenDriver } from '../../../src/daemon/resources.ts';
import { lamError } from '../../../src/errors/index.ts';
import { systemClock } from '../../../src/kit/index.ts';
import { layout } from '../../../src/store/disk/layout.ts';
import { lockHolder } from '../../../src/store/disk/lock.ts';
import { LOG_WORKER } from '../../support/log-house.ts';
import { QUEUE_WORKER } from '../../support/queue-house.ts';
import { MemoryDriver } from '../../support/memory-driver.ts';
import { lam } from '../store/support.ts';

/** Error of an engine that stops answering. */
const unreachable = (): Error => lamError('LAM_DRIVER_DOCKER_UNREACHABLE', { reason: 'connection refused' });

/** A driver whose reclaim fails, and that records whether it was closed. */
class Unreclaimable extends MemoryDriver {
  closed = false;

  override reclaim(): Promise<never> {
    return Promise.reject(unreachable());
  }

  override close(): Promise<void> {
    this.closed = true;
    return super.close();
  }
}

describe('the resources of a daemon', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'lam-resources-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const open = (openDriver: () => Promise<ChosenDriver>): ReturnType<typeof openResources> =>
    openResources({
      home,
      workers: { logs: LOG_WORKER, queue: QUEUE_WORKER },
      clock: systemClock,
      openDriver,
      onTrouble: () => undefined,
    });

  test('keep the lock of the home until they are closed', async () => {
    const resources = await open(() => Promise.resolve({ driver: new MemoryDriver(systemClock), reason: 'a test' }));
    assert.equal((await lockHolder(layout(home)))?.pid, process.pid);
    await resources.close();
    assert.equal(await lockHolder(layout(home)), undefined);
  });

  test('leave nothing open if no driver can be opened', async () => {
    await assert.rejects(
      open(() => Promise.reject(unreachable())),
      lam('LAM_DRIVER_DOCKER_UNREACHABLE'),
    );
    assert.equal(await lockHolder(layout(home)), undefined);
  });

  test('close a driver whose reclaim fails', async () => {
    const driver = new Unreclaimable(systemClock);
    await assert.rejects(
      open(() => Promise.resolve({ driver, reason: 'a test' })),
      lam('LAM_DRIVER_DOCKER_UNREACHABLE'),
    );
    assert.deepEqual([driver.closed, await lockHolder(layout(home))], [true, undefined]);
  });
});
