import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';

import { sleep } from '../../../../src/kit/index.ts';
import { invoked } from '../../../support/invoked.ts';
import { context, INIT, Rig } from './rig.ts';

/** Opens `count` connections; `open` is how many of them the server keeps. */
async function held(port: number, count: number): Promise<{ open: number; close: () => void }> {
  const all = Array.from({ length: count }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .resume(),
  );
  await sleep(300);
  return {
    open: all.filter((one) => one.readyState === 'open').length,
    close: () => all.forEach((one) => one.destroy()),
  };
}

test('a sandbox has few connections to its Runtime API, more with its concurrency, and is served when some are closed', async () => {
  using rig = await Rig.open();
  const early = await held(rig.port, 500);
  assert.equal(early.open, 64);
  early.close();
  await sleep(100);
  const next = rig.next();
  await rig.api.session.init({ ...INIT, concurrency: 50 }, 2000);
  const outcome = invoked(rig.api.session, context(), Buffer.from('{}'));
  assert.equal((await next).status, 200);
  const later = await held(rig.port, 500);
  assert.ok(later.open >= 160 && later.open <= 164, `${later.open} are open`);
  later.close();
  rig.api.session.close();
  assert.equal((await outcome).kind, 'exit');
});
