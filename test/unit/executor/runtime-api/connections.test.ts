import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';

import { sleep } from '../../../../src/kit/index.ts';
import { invoked } from '../../../support/invoked.ts';
import { openRuntimeApi } from '../../../../src/executor/runtime-api/index.ts';
import { asSandboxId } from '../../../support/ids.ts';
import { context, INIT, Rig } from './rig.ts';
import { CLOSED, ifCode } from '../../../support/if-code.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** Opens `count` connections; `open` is how many of them the server keeps, of which it should be at most `most`. */
async function held(port: number, count: number, most: number): Promise<{ open: number; close: () => void }> {
  const all = Array.from({ length: count }, () =>
    connect(port, '127.0.0.1').on('error', ifCode(CLOSED, undefined)).resume(),
  );
  const openNow = (): number => all.filter((one) => one.readyState === 'open' || one.readyState === 'opening').length;
  // A busy machine takes its time to close the others.
  for (let tries = 0; openNow() > most && tries < 100; tries += 1) await sleep(100);
  await sleep(300);
  return {
    open: openNow(),
    close: () => all.forEach((one) => one.destroy()),
  };
}

test('a sandbox has few connections to its Runtime API, more with its concurrency, and is served when some are closed', async () => {
  using rig = await Rig.open();
  const early = await held(rig.port, 500, 64);
  assert.equal(early.open, 64);
  early.close();
  await sleep(100);
  const next = rig.next();
  await rig.api.session.init({ ...INIT, concurrency: 50 }, 2000);
  const outcome = invoked(rig.api.session, context(), Buffer.from('{}'));
  assert.equal((await next).status, 200);
  const later = await held(rig.port, 500, 164);
  assert.ok(later.open >= 160 && later.open <= 164, `${later.open} are open`);
  later.close();
  rig.api.session.close();
  assert.equal((await outcome).kind, 'exit');
});

test('a crowd of strangers that wait for their admission does not keep the sandbox out', async () => {
  const own = new Set<number>();
  const asked = Promise.withResolvers<void>();
  let waiting = 0;
  const api = await openRuntimeApi(
    {
      id: asSandboxId('a'.repeat(32)),
      listen: { host: '127.0.0.1', port: 0 },
      admit: async ({ remote }) => {
        waiting += 1;
        await asked.promise;
        return own.has(remote.port);
      },
    },
    { onLog: () => undefined, onProtocolError: assert.fail },
  );
  assert.ok('port' in api.address);
  const { port } = api.address;
  const open = (): Socket => connect(port, '127.0.0.1').on('error', ifCode(CLOSED, undefined)).resume();
  const strangers = Array.from({ length: 600 }, open);
  await Promise.all(strangers.map((one) => once(one, 'connect')));
  const genuine = open();
  await once(genuine, 'connect');
  own.add(genuine.localPort ?? 0);
  genuine.write('GET /none HTTP/1.1\r\nHost: x\r\n\r\n');
  while (waiting < 601 && !genuine.destroyed) await sleep(10);
  asked.resolve();
  const [answer] = (await Promise.race([once(genuine, 'data'), once(genuine, 'close')])) as [unknown];
  assert.match(String(answer), /^HTTP\/1.1 4/);
  for (const one of [...strangers, genuine]) one.destroy();
  api.close();
});

test('a runtime that stands still in the middle of an answer is waited for', async () => {
  const clock = new VirtualClock();
  using rig = await Rig.open({ clock });
  const given = context();
  const answer = `POST /2018-06-01/runtime/invocation/${given.requestId}/response HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"ok"`;
  const next = rig.next();
  await rig.api.session.init({ ...INIT, timeoutMs: 900_000 }, 2000);
  const outcome = invoked(rig.api.session, given, Buffer.from('{}'));
  await next;
  const socket = connect(rig.port, '127.0.0.1').on('error', ifCode(CLOSED, undefined));
  await once(socket, 'connect');
  const ended = Promise.race([once(socket, 'data'), once(socket, 'close')]);
  // In the middle of its head, then of its body: for longer than clients of the port may take.
  let sent = 0;
  for (const until of [20, answer.length - 2, answer.length]) {
    socket.write(answer.slice(sent, until));
    sent = until;
    if (until < answer.length) await clock.advance(120_000);
  }
  assert.match(String((await ended)[0]), /^HTTP\/1\.1 202 /);
  assert.deepEqual(await outcome, { kind: 'result', payload: Buffer.from('"ok"') });
  socket.destroy();
});
