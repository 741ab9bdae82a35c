import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LamClient } from '../../../src/client/index.ts';

/** Runs against a server on a socket that answers every request this way. */
async function against(
  answer: (response: ServerResponse) => void,
  run: (client: LamClient) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-answers-'));
  const socket = join(folder, 's');
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await run(new LamClient({ socketPath: socket, home: folder }));
  } finally {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  }
}

describe('a client of a server that is not a daemon of lam', () => {
  test('reports an answer that is not JSON', () =>
    against(
      (response) => response.end('<html>hello'),
      (client) =>
        assert.rejects(client.daemon.status(), {
          code: 'LAM_CLIENT_BAD_ANSWER',
          details: { status: 200, what: '<html>hello' },
        }),
    ));

  test('reports a refusal that is not an error of lam', () =>
    against(
      (response) => response.writeHead(418).end('{"error":"teapot"}'),
      (client) =>
        assert.rejects(client.functions.list(), {
          code: 'LAM_CLIENT_BAD_ANSWER',
          details: { status: 418, what: '{"error":"teapot"}' },
        }),
    ));

  test('reports a truncated answer', () =>
    against(
      (response) => response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
      (client) => assert.rejects(client.daemon.df(), { code: 'LAM_CLIENT_CONNECTION_LOST' }),
    ));
});
