import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DRIVER_NAMES } from '../../../src/contract/index.ts';
import { chooseDriver } from '../../../src/daemon/choose-driver.ts';

const ANSWERS = { ok: true, socketPath: '/s', engine: 'Docker 29', apiVersion: '1.52' } as const;
const SILENT = { ok: false, reason: 'nothing listens' } as const;

describe('the driver', () => {
  test('is Docker if its engine answers, else processes, with the reason', () => {
    assert.deepEqual(chooseDriver('auto', ANSWERS), { name: 'docker', reason: 'an engine (Docker 29) answers' });
    assert.deepEqual(chooseDriver('auto', SILENT), {
      name: 'process',
      reason: 'no Docker engine can be used: nothing listens',
    });
  });

  test('is the requested one, or none', () => {
    for (const asked of DRIVER_NAMES) {
      const { name, reason } = chooseDriver(asked, asked === 'docker' ? ANSWERS : undefined);
      assert.equal(name, asked);
      assert.ok(reason.startsWith(`the ${asked} driver was requested`), reason);
    }
    assert.throws(() => chooseDriver('docker', SILENT), {
      code: 'LAM_DAEMON_DRIVER_UNAVAILABLE',
      details: { driver: 'docker', why: 'nothing listens' },
    });
  });
});
