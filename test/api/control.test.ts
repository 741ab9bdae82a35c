import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { INVOKE, type LogRecord } from '../../src/contract/index.ts';
import { oneToken } from '../../src/edge/index.ts';
import { edgeHouse, type Answer, type AskOptions, type EdgeHouse } from '../support/edge-house.ts';
import { CLOSED, ifCode } from '../support/if-code.ts';

const V1 = '/_lam/v1';
const HELLO = `${V1}/functions/hello`;

function post(body: unknown): AskOptions {
  return { method: 'POST', body: JSON.stringify(body) };
}

function codeOf(answer: Answer): unknown {
  return answer.json()['code'];
}

describe('the control API', () => {
  let house: EdgeHouse;
  let artifact = '';
  before(async () => {
    house = await edgeHouse({
      hello: (call) => {
        call.print('stdout', `saw ${Buffer.from(call.event).toString()}`);
        return Promise.resolve({ kind: 'result', payload: call.event });
      },
    });
    await house.publish('hello');
    await house.publish('hello', { memoryMiB: 256 });
    artifact = String(
      ((await house.control(HELLO)).json()['allVersions'] as Record<string, unknown>[])[0]?.['artifact'],
    );
  });
  after(() => house[Symbol.asyncDispose]());

  test('is not on the HTTP port', async () => {
    const answer = await house.ask(`${V1}/status`);
    assert.deepEqual([answer.status, codeOf(answer)], [403, 'LAM_EDGE_SOCKET_ONLY']);
  });

  test('is on the HTTP port for requests with the token', async () => {
    await using open = await edgeHouse({}, { door: { tokens: oneToken('s3cret') } });
    assert.equal(codeOf(await open.ask(`${V1}/status`)), 'LAM_EDGE_TOKEN_NEEDED');
    assert.equal((await open.ask(`${V1}/status`, { headers: { authorization: 'Bearer s3cret' } })).status, 200);
  });

  test('health needs no token', async () => {
    assert.equal((await house.ask('/_lam/health')).status, 200);
  });

  test('lists functions, shows one, and reports status', async () => {
    assert.equal((await house.control(`${V1}/status`)).json()['pid'], process.pid);
    assert.equal((JSON.parse((await house.control(`${V1}/functions`)).text) as { name: string }[])[0]?.name, 'hello');
    assert.equal((await house.control(HELLO)).json()['live'], 2);
    assert.equal(typeof (await house.control(`${V1}/df`)).json()['total'], 'number');
    assert.deepEqual((await house.control(`${V1}/gc`, post({ keep: 5, dryRun: true }))).json()['versions'], []);
  });

  test('rolls back, patches, points aliases and deletes', async () => {
    const rolled = (await house.control(`${HELLO}/rollback`, post({ message: 'oops' }))).json();
    assert.deepEqual([rolled['from'], rolled['to']], [2, 1]);
    const patched = await house.control(`${HELLO}/config`, { method: 'PATCH', body: '{"set":{"timeoutMs":500}}' });
    assert.equal(patched.json()['version'], 3);
    assert.equal((await house.control(`${HELLO}/aliases/prod`, { method: 'PUT', body: '{"version":2}' })).status, 200);
    assert.equal((await house.control(`${HELLO}/aliases/prod`, { method: 'DELETE' })).status, 200);
    assert.equal((await house.control(`${HELLO}/versions/2`, { method: 'DELETE' })).status, 200);
    await house.publish('brief');
    assert.equal((await house.control(`${V1}/functions/brief`, { method: 'DELETE' })).status, 200);
    assert.equal((await house.control(`${V1}/functions/brief`)).status, 404);
  });

  test('stops on request, after its answer', async () => {
    assert.equal((await house.control(`${V1}/stop`, { method: 'POST' })).status, 200);
    assert.equal(house.stops(), 1);
  });

  const refused: [string, string, AskOptions, number, string][] = [
    ['an unknown path', `${V1}/nothing`, {}, 404, 'LAM_EDGE_NOT_FOUND'],
    ['an unknown version of the API', '/_lam/v9/status', {}, 404, 'LAM_EDGE_NOT_FOUND'],
    ['the wrong method', `${V1}/stop`, {}, 405, 'LAM_EDGE_CONTROL_METHOD'],
    ['broken percent-encoding', `${V1}/functions/%zz`, {}, 404, 'LAM_EDGE_NOT_FOUND'],
    ['an unknown function', `${V1}/functions/nobody`, {}, 404, 'LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    ['logs of an unknown function', `${V1}/functions/nobody/logs?follow=1`, {}, 404, 'LAM_REGISTRY_FUNCTION_NOT_FOUND'],
    ['a body that is no JSON', `${HELLO}/rollback`, { method: 'POST', body: '{' }, 400, 'LAM_EDGE_BAD_REQUEST'],
    ['a body that is no object', `${HELLO}/rollback`, { method: 'POST', body: '[]' }, 400, 'LAM_EDGE_BAD_REQUEST'],
    ['a version that is none', `${HELLO}/versions/x`, { method: 'DELETE' }, 400, 'LAM_EDGE_BAD_REQUEST'],
    ['a query that is none', `${HELLO}/logs?lines=x`, {}, 400, 'LAM_EDGE_BAD_REQUEST'],
    ['an artifact of the wrong type', `${V1}/artifacts`, { method: 'POST', body: 'x' }, 400, 'LAM_EDGE_BAD_REQUEST'],
    ['versions of gc that are none', `${V1}/gc`, post({ only: [{ name: 'hello' }] }), 400, 'LAM_EDGE_BAD_REQUEST'],
    [
      'settings with a trigger that is none, beside a short form',
      `${HELLO}/config`,
      { method: 'PATCH', body: '{"set":{"routes":[],"triggers":[null]}}' },
      400,
      'LAM_REGISTRY_INVALID_CONFIG',
    ],
    [
      'versions of gc with names that are none',
      `${V1}/gc`,
      post({ only: [{ name: '', version: 1 }] }),
      400,
      'LAM_EDGE_BAD_REQUEST',
    ],
    ['a publish without an artifact', `${HELLO}/versions`, post({ config: {} }), 400, 'LAM_EDGE_BAD_REQUEST'],
  ];
  for (const [what, path, options, status, code] of refused) {
    test(`answers ${status} ${code} for ${what}`, async () => {
      const answer = await house.control(path, options);
      assert.deepEqual([answer.status, codeOf(answer)], [status, code]);
    });
  }

  test('accepts a zip, and refuses anything else', async () => {
    const answer = await house.control(`${V1}/artifacts/zip`, { method: 'POST', body: 'not a zip' });
    assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
    const plan = await house.control(`${V1}/artifacts/plan`, post({ entries: [] }));
    assert.equal(typeof plan.json()['artifact'], 'string');
    assert.equal(artifact.length, 64);
  });

  test('streams stored and then new records, one per line, until the reader disconnects', async () => {
    await house.ask(INVOKE.path('hello'), { method: 'POST', body: '"old"' });
    const lines: LogRecord[] = [];
    const { promise: seen, resolve } = Promise.withResolvers<void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const outgoing = send({ socketPath: house.socketPath, path: `${HELLO}/logs?follow=1&search=saw`, agent: false });
    outgoing.on('response', (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts.map((line) => JSON.parse(line) as LogRecord));
        if (lines.some((r) => r.text === 'saw "old"') && lines.length < 2)
          void house.ask(INVOKE.path('hello'), { method: 'POST', body: '"new"' });
        if (lines.some((r) => r.text === 'saw "new"')) resolve();
      });
      response.on('error', ifCode(CLOSED, undefined));
      response.on('close', end);
    });
    outgoing.end();
    await seen;
    outgoing.destroy();
    await ended;
    assert.deepEqual(
      lines.map((r) => r.text),
      ['saw "old"', 'saw "new"'],
    );
    const kept = (await house.control(`${HELLO}/logs?search=saw&lines=1`)).text.trim();
    assert.equal((JSON.parse(kept) as LogRecord).text, 'saw "new"');
  });

  test('marks the end of the stored records with an empty line where a follower asks for it', async () => {
    const { promise: marked, resolve } = Promise.withResolvers<string>();
    const { promise: complete, resolve: end } = Promise.withResolvers<string>();
    const path = `${HELLO}/logs?follow=1&mark=1&search=saw`;
    const outgoing = send({ socketPath: house.socketPath, path, agent: false });
    let text = '';
    outgoing.on('response', (response) => {
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (text.endsWith('\n\n')) resolve(text);
        if (text.includes('marked')) end(text);
      });
      response.on('error', () => undefined);
    });
    outgoing.end();
    const stored = await marked;
    assert.equal(stored, `${(await house.control(`${HELLO}/logs?search=saw`)).text}\n`);
    await house.ask(INVOKE.path('hello'), { method: 'POST', body: '"marked"' });
    const live = (await complete).slice(stored.length).trim();
    assert.equal((JSON.parse(live) as LogRecord).text, 'saw "marked"');
    outgoing.destroy();
  });

  test('sends an empty stream for a function without output', async () => {
    await house.publish('quiet');
    const answer = await house.control(`${V1}/functions/quiet/logs`);
    assert.deepEqual([answer.status, answer.headers['content-type'], answer.text], [200, 'application/x-ndjson', '']);
  });
});
