import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { lamSession } from './session.ts';

const ECHO = `exports.handler = async (event) => event.version === '1.0'
  ? { statusCode: 200, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] }, body: JSON.stringify(event) }
  : { statusCode: 200, body: JSON.stringify(event) };
`;

test('the payload format is that of the version that is live, also on a connection that stays open', async () => {
  await using s = await lamSession({ driver: 'process' });
  const project = (payload: string): void =>
    writeFileSync(join(s.cwd, 'lam.yaml'), `name: echo\nruntime: nodejs\nroutes: ["POST /u/{id}"]\n${payload}`);
  writeFileSync(join(s.cwd, 'index.js'), ECHO);
  project('payload: 1.0\n');
  await s.ok(['deploy']);

  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (): Promise<{ event: Record<string, unknown>; cookies: readonly string[] | undefined }> => {
    const { promise, resolve, reject } = Promise.withResolvers<{ body: string; cookies: string[] | undefined }>();
    const asked = request(`${s.url}/u/7?a=1&a=2`, { method: 'POST', agent }, (answer) => {
      text(answer).then((body) => resolve({ body, cookies: answer.headers['set-cookie'] }), reject);
    });
    asked.on('error', reject);
    asked.end('x');
    const { body, cookies } = await promise;
    return { event: JSON.parse(body) as Record<string, unknown>, cookies };
  };
  try {
    const first = await ask();
    assert.deepEqual(first.cookies, ['a=1', 'b=2']);
    const { version, resource, path, httpMethod, multiValueQueryStringParameters, pathParameters } = first.event;
    assert.deepEqual(
      { version, resource, path, httpMethod, multiValueQueryStringParameters, pathParameters },
      {
        version: '1.0',
        resource: '/u/{id}',
        path: '/u/7',
        httpMethod: 'POST',
        multiValueQueryStringParameters: { a: ['1', '2'] },
        pathParameters: { id: '7' },
      },
    );
    project('');
    await s.ok(['deploy']);
    assert.equal((await ask()).event['version'], '2.0');
    await s.ok(['rollback']);
    assert.equal((await ask()).event['version'], '1.0');
    await s.ok(['config', 'set', 'payload=2.0']);
    assert.equal((await ask()).event['version'], '2.0');
    assert.match((await s.ok(['config', 'get'])).stdout, /payload +2\.0/);
  } finally {
    agent.destroy();
  }
  const refused = await s.run(['config', 'set', 'payload=3']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /payload: must be '1\.0' or '2\.0'/);
  project('payload: "3.0"\n');
  const wrong = await s.run(['deploy']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /payload/);
});
