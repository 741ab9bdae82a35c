import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import { openRuntimeApi } from '../../../../src/executor/runtime-api/index.ts';
import { invoked } from '../../../support/invoked.ts';
import { asSandboxId } from '../../../support/ids.ts';
import { context, INIT, Rig } from './rig.ts';

const NEXT = 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n';

/** Polls over a connection of its own. */
async function poll(port: number): Promise<{ readonly socket: Socket; readonly text: () => string }> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'connect');
  socket.write(NEXT);
  return { socket, text: () => text };
}

describe('a second poll for the next event', () => {
  test('is refused while the first stays open, which gets the event', async () => {
    using rig = await Rig.open();
    const genuine = rig.next();
    await rig.api.session.init(INIT, 2000);
    const second = await rig.next();
    assert.equal(second.status, 403);
    assert.match(second.body, /InvalidStateTransition/);
    const late = await poll(rig.port);
    // Requests are read in the order in which they arrive.
    assert.equal((await rig.send('GET', '/2018-06-01/ping')).body, 'pong');
    const { requestId, ...rest } = context();
    const outcome = invoked(rig.api.session, { requestId, ...rest }, Buffer.from('"mine"'));
    assert.equal((await genuine).body, '"mine"');
    if (late.text() === '') await once(late.socket, 'data');
    assert.match(late.text(), / 403 /);
    late.socket.destroy();
    assert.equal((await rig.post(requestId, 'response', { body: '1' })).status, 202);
    assert.equal((await outcome).kind, 'result');
  });

  test('is refused at init if both were there before', async () => {
    using rig = await Rig.open();
    const first = await poll(rig.port);
    const second = await poll(rig.port);
    await rig.api.session.init(INIT, 2000);
    await once(second.socket, 'data');
    assert.match(second.text(), / 403 /);
    const outcome = invoked(rig.api.session, context(), Buffer.from('"mine"'));
    await once(first.socket, 'data');
    assert.match(first.text(), / 200 .*"mine"/s);
    rig.api.session.close();
    assert.equal((await outcome).kind, 'exit');
  });

  test('takes the place of a first one whose client has gone', async () => {
    using rig = await Rig.open();
    const first = await poll(rig.port);
    await rig.api.session.init(INIT, 2000);
    const second = rig.next();
    first.socket.destroy();
    const outcome = invoked(rig.api.session, context(), Buffer.from('"mine"'));
    assert.equal((await second).body, '"mine"');
    rig.api.session.close();
    assert.equal((await outcome).kind, 'exit');
  });
});

test('a connection that is not admitted is reset without an answer, and does not use up the places of others', async () => {
  let asked = 0;
  let isKnown = false;
  const api = await openRuntimeApi(
    {
      id: asSandboxId('a'.repeat(32)),
      listen: { host: '127.0.0.1', port: 0 },
      admit: () => {
        asked += 1;
        return Promise.resolve(isKnown);
      },
    },
    { onLog: () => undefined, onProtocolError: assert.fail },
  );
  assert.ok('port' in api.address);
  const { port } = api.address;
  const closed: Promise<string>[] = [];
  for (let count = 0; count < 200; count += 1) {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    closed.push(
      new Promise((resolve) => {
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code ?? ''}${text}`));
        socket.on('close', () => resolve(`closed${text}`));
      }),
    );
    socket.write(NEXT);
  }
  assert.deepEqual([...new Set(await Promise.all(closed))], ['ECONNRESET']);
  assert.equal(asked, 200);
  isKnown = true;
  const genuine = await poll(port);
  await api.session.init(INIT, 2000);
  const outcome = invoked(api.session, context(), Buffer.from('"mine"'));
  await once(genuine.socket, 'data');
  assert.match(genuine.text(), / 200 .*"mine"/s);
  api.close();
  assert.equal((await outcome).kind, 'exit');
});
