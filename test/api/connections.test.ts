import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { INVOKE, LIMITS } from '../../src/contract/index.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { CLOSED, ifCode } from '../support/if-code.ts';

const PATH = INVOKE.path('hello');

describe('a connection', () => {
  let house: EdgeHouse;
  before(async () => {
    house = await edgeHouse();
    await house.publish('hello', { routes: ['GET /declared/{id}'] });
  });
  after(() => house[Symbol.asyncDispose]());

  test('survives errors and too large bodies, and serves later requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    agent.on('free', (socket: { localPort?: number }) => ports.add(socket.localPort));
    const ask = async (path: string, body: string | Buffer): Promise<number> =>
      (await house.ask(path, { method: 'POST', body, agent })).status;
    assert.equal(await ask(PATH, '1'), 200);
    assert.equal(await ask(PATH, '{broken'), 400);
    assert.equal(await ask(INVOKE.path('nobody'), '{}'), 404);
    assert.equal(await ask(INVOKE.path('bad name'), 'a body nobody reads'.repeat(10_000)), 400);
    assert.equal(await ask(PATH, Buffer.alloc(LIMITS.payloadBytes + 100, ' ')), 413);
    assert.equal(await ask('/nowhere', 'x'.repeat(100_000)), 404);
    assert.equal(await ask('/_lam/v1/status', 'x'.repeat(100_000)), 403);
    assert.equal(await ask(PATH, '2'), 200);
    agent.destroy();
    assert.equal(ports.size, 1, 'it was one connection all along');
  });

  test('answers pipelined requests in order, errors among them', async () => {
    const one = (path: string, body: string, more = ''): string =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
    const text = await house.raw(
      one(PATH, '"first"') + one(PATH, '{') + one('/nowhere', 'x') + one(PATH, '"last"', 'Connection: close\r\n'),
    );
    assert.deepEqual(
      [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((m) => m[1]),
      ['200', '400', '404', '200'],
    );
    assert.ok(text.indexOf('"first"') < text.indexOf('"last"'));
  });

  test('is asked for its body only if a body of that length is accepted', async () => {
    const head = (length: number): string =>
      `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n`;
    const refused = await house.raw(`${head(LIMITS.payloadBytes + 1)}\r\n`);
    assert.match(refused, /^HTTP\/1\.1 413 /);
    const taken = await house.raw(`${head(2)}Connection: close\r\n\r\n42`);
    assert.match(taken, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  test('that does not send HTTP gets status 400 and is closed', async () => {
    assert.match(await house.raw('\u0000\u0001 garbage\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(
      await house.raw(`GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431 /,
    );
  });

  test('that disconnects at any point leaves nothing behind', async () => {
    for (const part of [
      'POST',
      `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab`,
      `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab`,
    ]) {
      const socket = connect(house.port, '127.0.0.1');
      const closed = new Promise((resolve) => socket.on('error', ifCode(CLOSED, undefined)).on('close', resolve));
      socket.write(part, () => socket.resetAndDestroy());
      await closed;
    }
    assert.equal((await house.ask(PATH, { method: 'POST', body: '3' })).text, '3');
  });

  test('many requests on one leave no listeners and no memory behind', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const run = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++)
        await house.ask(i % 2 === 0 ? PATH : '/hello', { method: 'POST', body: '{}', agent });
    };
    await run(1000);
    process.off('warning', warn);
    agent.destroy();
    assert.deepEqual(warnings, []);
  });
});

describe('any request', () => {
  test('has its own status, and no request hangs or ends the server', async () => {
    await using house = await edgeHouse();
    await house.publish('hello', { routes: ['GET /declared/{id}'] });
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const piece = fc.oneof(
      fc.constantFrom(
        'hello',
        'declared',
        '2015-03-31',
        'functions',
        'invocations',
        '_lam',
        'v1',
        'status',
        'logs',
        'artifacts',
        'zip',
        '..',
        '.',
        '%2e%2e',
        '%00',
        '%zz',
        '',
        ';',
        'a'.repeat(300),
        'hello:1',
        '$LATEST',
      ),
      fc.stringMatching(/^[!-~]{0,8}$/).map((s) => s.replaceAll(/[?# ]/g, '')),
    );
    const path = fc
      .tuple(fc.array(piece, { maxLength: 6 }), fc.constantFrom('', '?', '?Qualifier=1', '?a=%zz&b', '?follow=0'))
      .map(([parts, query]) => `/${parts.join('/')}${query}`);
    const headers = fc.dictionary(
      fc.constantFrom(
        'x-amz-invocation-type',
        'x-amz-log-type',
        'x-amz-client-context',
        'x-amzn-trace-id',
        'content-type',
        'cookie',
        'origin',
        'authorization',
        'x-forwarded-for',
        'constructor',
      ),
      fc.stringMatching(/^[ -~]{0,20}$/),
      { maxKeys: 4 },
    );
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW');
    const known = new Set([200, 204, 400, 403, 404, 405]);
    await fc.assert(
      fc.asyncProperty(method, path, headers, fc.string({ maxLength: 20 }), async (m, p, h, body) => {
        // Node's own parser knows no other methods.
        const answer = await house.ask(p, { method: m === 'BREW' ? 'PROPFIND' : m, headers: h, body, agent });
        assert.ok(known.has(answer.status), `${m} ${p} answered ${answer.status}`);
        if (p.startsWith('/_lam/') && !p.startsWith('/_lam/health'))
          assert.ok(answer.status === 403 || answer.status === 404, `${m} ${p} answered ${answer.status}`);
      }),
      { numRuns: 400 },
    );
    agent.destroy();
    assert.equal((await house.ask(PATH, { method: 'POST', body: '1' })).text, '1');
  });
});
