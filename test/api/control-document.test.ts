import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { controlDocument } from '../../src/edge/apis/control/document.ts';
import { CONTROL_ROUTES } from '../../src/edge/apis/control/routes/list.ts';
import { OPERATIONS, operationAt } from '../support/control-document.ts';
import { edgeHouse, type Answer, type AskOptions, type EdgeHouse } from '../support/edge-house.ts';
import { zipOf } from '../unit/store/support.ts';

const V1 = '/_lam/v1';

function json(method: string, body: unknown): AskOptions {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

describe("the document of lam's own API", () => {
  let house: EdgeHouse;
  before(async () => {
    house = await edgeHouse();
  });
  after(() => house[Symbol.asyncDispose]());

  test('is served without a token, on the port too', async () => {
    for (const answer of [await house.control(`${V1}/openapi.json`), await house.ask(`${V1}/openapi.json`)])
      assert.deepEqual([answer.status, answer.json()], [200, controlDocument()]);
  });

  test('goes with a page that shows an error as it is', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
    const [, example = ''] = /<!-- example: problem -->\n\n```json\n([^]*?)```/.exec(page) ?? [];
    assert.deepEqual((await house.control(`${V1}/functions/nobody`)).json(), JSON.parse(example));
  });

  test('names each operation once, with a scope', () => {
    const ids = OPERATIONS.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(OPERATIONS.length, CONTROL_ROUTES.length + 2);
    for (const { scope } of CONTROL_ROUTES) assert.ok(['read', 'invoke', 'deploy', 'admin'].includes(scope));
  });

  test('has no operation that is not served', async () => {
    for (const { method, path, operationId } of OPERATIONS) {
      if (operationId === 'daemon.stop') continue;
      const answer = await house.control(path.replaceAll(/\{\w+\}/g, 'nothing'), { method });
      const { code } = answer.status < 400 ? {} : (answer.json() as { code?: unknown });
      assert.ok(
        code !== 'LAM_EDGE_NOT_FOUND' && code !== 'LAM_EDGE_CONTROL_METHOD',
        `${method} ${path}: ${answer.text}`,
      );
    }
  });

  test('has every path and method that is served', async () => {
    const patterns = CONTROL_ROUTES.map(({ path }) => path.slice(1).split('/'));
    const firsts = ['nothing', ...new Set(patterns.map(([first = '']) => first))];
    const seconds = [
      'nothing',
      ...new Set(patterns.flatMap((parts) => parts.slice(1).filter((part) => !part.startsWith('{')))),
    ];
    const paths = firsts.flatMap((first) => [
      `${V1}/${first}`,
      ...seconds.flatMap((second) => [`${V1}/${first}/${second}`, `${V1}/${first}/x/${second}`]),
    ]);
    for (const path of paths)
      for (const method of ['GET', 'OPTIONS']) {
        if (operationAt(method, path) !== undefined) continue;
        const answer = await house.control(path, { method });
        const isKnown = OPERATIONS.some((one) => operationAt(one.method, path) !== undefined);
        assert.deepEqual([path, answer.status], [path, isKnown ? 405 : 404]);
        const allowed = OPERATIONS.filter((one) => operationAt(one.method, path) !== undefined).map(
          (one) => one.method,
        );
        if (isKnown)
          assert.deepEqual(String(answer.headers['allow']).split(', ').toSorted(), [...new Set(allowed)].toSorted());
      }
  });
});

// The house compares every answer with the document.
test('every operation answers as the document says, also when it does what it is for', async () => {
  await using house = await edgeHouse();
  const done = new Set<string>();
  const ask = async (path: string, options: AskOptions = {}): Promise<Answer> => {
    const answer = await house.control(`${V1}${path}`, options);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    done.add(operationAt(options.method ?? 'GET', `${V1}${path}`)?.operationId ?? path);
    return answer;
  };
  const zip = { 'content-type': 'application/zip' };
  const body = zipOf([{ name: 'index.js', content: 'exports.handler = async (e) => e;' }]);
  const { artifact } = (await ask('/artifacts/zip', { method: 'POST', body, headers: zip })).json();
  const publish = { artifact, config: { runtime: 'nodejs', schedules: ['every 1h'] }, message: 'first', by: 'me@here' };
  await ask('/functions/hello/versions', json('POST', publish));
  await ask('/functions/hello/config', json('PATCH', { set: { memoryMiB: 256 }, setEnvironment: { A: '1' } }));
  await ask('/functions/hello/aliases/prod', json('PUT', { version: 1, routing: { weights: { 2: 10 } } }));
  for (const path of [
    '',
    '/config',
    '/versions',
    '/versions/1',
    '/versions/1/file?path=index.js',
    '/aliases',
    '/aliases/prod',
  ])
    await ask(`/functions/hello${path}`);
  const invoked = (await ask('/functions/hello/invoke?log=true', json('POST', { a: 1 }))).json();
  assert.deepEqual([invoked['status'], invoked['payload']], ['success', { a: 1 }]);
  const { requestId } = (await ask('/functions/hello/invocations', json('POST', { b: 2 }))).json();
  const ended = (await ask(`/invocations/${String(requestId)}?wait=10000`)).json();
  assert.equal(ended['state'], 'COMPLETED');
  await ask(`/invocations/${String(requestId)}/event`);
  await ask(`/invocations/${String(requestId)}/retry`, json('POST', {}));
  const later = (await ask(`/functions/hello/invocations?notBefore=${Date.now() + 60_000}`, json('POST', 1))).json();
  await ask(`/invocations/${String(later['requestId'])}/cancel`, { method: 'POST' });
  await ask('/invocations?function=hello&state=completed&limit=1');
  await ask('/events');
  for (const action of ['count', 'redrive', 'purge'])
    await ask(`/dead-letters/${action}`, json('POST', { function: 'hello' }));
  await ask('/functions/hello/logs');
  const [trigger] = JSON.parse((await ask('/triggers?type=schedule')).text) as readonly { readonly name: string }[];
  const path = `/functions/hello/triggers/schedule/${encodeURIComponent(trigger?.name ?? '')}`;
  await ask(path);
  for (const action of ['pause', 'resume', 'test', 'run']) await ask(`${path}/${action}`, { method: 'POST' });
  const manifest = Buffer.from('{"entries":[]}');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(manifest.length);
  await ask('/artifacts/plan', json('POST', { entries: [] }));
  const upload = { method: 'POST', headers: { 'content-type': 'application/vnd.lam.artifact' } };
  await ask('/artifacts', { ...upload, body: Buffer.concat([length, manifest]) });
  await ask(`/artifacts/${String(artifact)}/files`);
  await ask('/artifacts/merge', json('POST', { artifacts: [artifact] }));
  await ask('/layers/tools', json('POST', { artifact, description: 'd' }));
  for (const layer of ['/layers', '/layers?name=tools', '/layers/tools/1']) await ask(layer);
  await ask('/layers/tools/1', { method: 'DELETE' });
  await ask('/keys', json('POST', { name: 'ci', days: 1, quota: 5 }));
  await ask('/keys');
  await ask('/audit?lines=5');
  await ask('/keys/ci', json('PATCH', { quota: null }));
  await ask('/keys/ci', { method: 'DELETE' });
  await ask('/functions/hello/rollback', json('POST', { message: 'back' }));
  await ask('/functions/hello/aliases/prod', json('DELETE', { message: 'gone' }));
  await ask('/functions/hello/versions/2', { method: 'DELETE' });
  for (const read of ['/functions', '/status', '/df', '/openapi.json']) await ask(read);
  await ask('/gc', json('POST', { keep: 1 }));
  await ask('/functions/hello', { method: 'DELETE' });
  await ask('/stop', { method: 'POST' });
  const all = OPERATIONS.filter(({ operationId }) => operationId !== 'daemon.health');
  assert.deepEqual([...done].toSorted(), all.map(({ operationId }) => operationId).toSorted());
});
