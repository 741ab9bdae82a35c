import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { isLamError } from '../../../src/errors/index.ts';
import { answered, open } from '../../../src/client/transport.ts';

const REFUSAL = JSON.stringify({ error: { code: 'LAM_STORE_ZIP_EMPTY', message: 'the zip has no file in it' } });

/**
 * A server in its own thread, so that it runs while this one stalls. Refuses a request before it has read the body;
 * increments `steps[0]` after reading the head and again after sending the answer.
 */
const SERVER = `
const { createServer } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const step = () => {
  Atomics.add(workerData.steps, 0, 1);
  Atomics.notify(workerData.steps, 0);
};
createServer((request, response) => {
  step();
  request.resume();
  response.writeHead(400).end(workerData.refusal, step);
}).listen(workerData.socket, () => parentPort.postMessage('listens'));
`;

interface Body {
  readonly content: Readable;
  readonly length?: number;
}

/**
 * Uploads to a server that refuses it, and resolves with the code of the error, or the error itself if it is not one of
 * lam's.
 */
async function refused(body: Body, steps = new Int32Array(new SharedArrayBuffer(4))): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-upload-'));
  const socket = join(folder, 's');
  const server = new Worker(SERVER, { eval: true, workerData: { socket, steps, refusal: REFUSAL } });
  try {
    await once(server, 'message');
    return await answered(
      await open(
        { socketPath: socket, home: folder },
        { method: 'POST', path: '/', body: { type: 'application/zip', ...body } },
      ),
    );
  } catch (error) {
    return isLamError(error) ? error.code : error;
  } finally {
    await server.terminate();
    await rm(folder, { recursive: true });
  }
}

describe('an upload', () => {
  test('that is refused reports why, although it kept sending for a while', async () => {
    const steps = new Int32Array(new SharedArrayBuffer(4));
    async function* late(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(1000);
      while (Atomics.load(steps, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
      // As on a busy machine: the server answers and closes the connection while this thread does not run.
      Atomics.wait(steps, 0, 1, 5000);
      Atomics.wait(steps, 0, 2, 50);
      yield Buffer.alloc(1000);
    }
    const content = Readable.from(late(), { objectMode: false });
    assert.equal(await refused({ content, length: 2000 }, steps), 'LAM_STORE_ZIP_EMPTY');
  });

  test('that is refused before it was sent completely reports why, and stops sending', async () => {
    function* endless(): Generator<Buffer> {
      for (;;) yield Buffer.alloc(65536);
    }
    const content = Readable.from(endless(), { objectMode: false });
    assert.equal(await refused({ content }), 'LAM_STORE_ZIP_EMPTY');
    if (!content.destroyed) await once(content, 'close', { signal: AbortSignal.timeout(5000) });
  });

  test('whose file cannot be read completely reports the system error', async () => {
    const content = new Readable({
      read() {
        this.destroy(new Error('EIO: i/o error, read'));
      },
    });
    assert.match(String(await refused({ content, length: 1000 })), /EIO/);
  });
});
