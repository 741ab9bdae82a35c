import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Status } from '../../src/contract/index.ts';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { systemClock } from '../../src/kit/index.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse, type Handlers } from '../support/edge-house.ts';
import { formOf, type FormEntry } from '../support/form.ts';
import { zipOf } from '../unit/store/support.ts';

const ZIP = zipOf([{ name: 'index.js', content: 'exports.handler = async (req) => ({ body: req.body });' }]);
const JSON_TYPE = 'application/json; charset=utf-8';

/** Answers what the body of its request says, as a handler's result. */
const result = (payload: string): Promise<InvokeOutcome> =>
  Promise.resolve({ kind: 'result', payload: Buffer.from(payload) });
const handlers: Handlers = {
  echo: ({ event }) => result(`{"statusCode":200,"body":${Buffer.from(event).toString()}}`),
  answer: ({ event }) => result((JSON.parse(Buffer.from(event).toString()) as { body: string }).body),
  fail: () =>
    Promise.resolve({
      kind: 'error',
      errorType: 'RangeError',
      payload: Buffer.from('{"errorType":"RangeError","errorMessage":"no such thing","trace":[]}'),
    }),
  talk(call) {
    call.print('stdout', 'Hello');
    call.print('stderr', 'oh');
    return result('{"body":null}');
  },
};

async function deploy(house: EdgeHouse, entries: readonly FormEntry[]): Promise<Answer> {
  return house.ask('/deploy', { method: 'POST', ...formOf(entries) });
}

function said(answer: Answer): unknown {
  assert.equal(answer.headers['content-type'], JSON_TYPE);
  return [answer.status, answer.json()['error']];
}

async function logsOf(house: EdgeHouse, name: string): Promise<readonly Record<string, unknown>[]> {
  return (await house.ask(`/logs/${name}`)).json() as unknown as readonly Record<string, unknown>[];
}

describe("Glambdar's API", () => {
  let house: EdgeHouse;
  before(async () => {
    house = await edgeHouse(handlers);
    for (const name of Object.keys(handlers)) await house.publish(name);
  });
  after(() => house[Symbol.asyncDispose]());

  test('deploys a zip under the name of its file, and says what it knows of the function', async () => {
    const answer = await deploy(house, [['file', ZIP, 'myfunc.zip']]);
    assert.deepEqual([answer.status, answer.json()], [201, { function: 'myfunc', status: 'deployed' }]);
    const info = (await house.ask('/info/myfunc')).json();
    assert.ok(Math.abs(Date.parse(String(info['createdAt'])) - Date.now()) < 60_000);
    assert.deepEqual(
      { ...info, createdAt: '' },
      {
        name: 'myfunc',
        createdAt: '',
        lastInvokedAt: '0001-01-01T00:00:00Z',
        invokeCount: 0,
        rateLimit: 0,
        maxConcurrency: 1,
      },
    );
    const list = (await house.ask('/info')).json() as { count: number; functions: { name: string }[] };
    assert.equal(list.count, list.functions.length);
    assert.ok(list.functions.some(({ name }) => name === 'myfunc'));
    const own = house.operations.functions.detail(house.operations.functions.named('myfunc'));
    assert.deepEqual([own.live, own.config.handler, own.config.timeoutMs], [1, 'index.handler', 60_000]);
  });

  test('takes the name from funcName, before or behind the file, and refuses a second one', async () => {
    const first = await deploy(house, [
      ['funcName', 'named'],
      ['file', ZIP, 'other.zip'],
    ]);
    assert.equal(first.json()['function'], 'named');
    const again = await deploy(house, [
      ['file', ZIP, 'other.zip'],
      ['funcName', 'named'],
    ]);
    assert.deepEqual(said(again), [400, "failed to deploy function: function 'named' already exists"]);
    const both = await Promise.all([1, 2].map(() => deploy(house, [['file', ZIP, 'twice.zip']])));
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [201, 400],
    );
    const detail = house.operations.functions.detail(house.operations.functions.named('twice'));
    assert.equal(detail.versions, 1);
  });

  test('refuses forms without a zip, damaged ones, and impossible names, and changes nothing', async () => {
    const count = house.operations.functions.list().length;
    const form = formOf([['file', ZIP, 'cut.zip']]);
    const send = (body: string | Uint8Array, headers: Record<string, string>): Promise<Answer> =>
      house.ask('/deploy', { method: 'POST', body, headers });
    for (const answer of [
      await send('', {}),
      await send('{}', { 'content-type': 'application/json' }),
      await deploy(house, [['other', 'text']]),
      await deploy(house, [['file', 'a value and no file']]),
    ])
      assert.deepEqual(said(answer), [400, 'missing zip file']);
    for (const until of [5, 60, 200, form.body.length - 6])
      assert.deepEqual(said(await send(form.body.subarray(0, until), form.headers)), [
        400,
        'missing zip file: the form is malformed: it ends before its last boundary',
      ]);
    assert.match(
      String((await deploy(house, [['file', 'no zip', 'broken.zip']])).json()['error']),
      /^failed to deploy/,
    );
    assert.match(
      String((await deploy(house, [['file', ZIP, `${'n'.repeat(65)}.zip`]])).json()['error']),
      /function name/,
    );
    assert.equal((await deploy(house, [['file', ZIP, '..']])).status, 400);
    assert.equal(house.operations.functions.list().length, count);
  });

  for (const way of WAYS)
    test(`passes on method, headers and body of any request (${way})`, async () => {
      await using other = await edgeHouse(handlers, { way });
      await other.publish('echo');
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await other.ask('/invoke/echo?x=1', {
          method,
          headers: { 'X-API-key': 'mine', 'x-two': ['a', 'b'], 'content-type': 'text/plain' },
          ...(method === 'GET' ? {} : { body: 'näïve "x"' }),
        });
        assert.deepEqual([answer.status, answer.headers['content-type']], [200, JSON_TYPE]);
        const { headers, ...rest } = answer.json() as { headers: Record<string, string> };
        assert.deepEqual(rest, { method, body: method === 'GET' ? '' : 'näïve "x"' });
        assert.deepEqual(
          [headers['X-Api-Key'], headers['X-Two'], headers['Content-Type']],
          ['mine', 'a,b', 'text/plain'],
        );
        assert.deepEqual(
          [headers['Host'], headers['Connection'], headers['Content-Length']],
          [undefined, undefined, undefined],
        );
      }
    });

  const ANSWERS: Readonly<Record<string, readonly [status: number, body: string, type?: string]>> = {
    '{"statusCode":201,"body":{"b":1,"a":[2]}}': [201, '{"b":1,"a":[2]}'],
    '{"body":"text"}': [200, '"text"'],
    '{"statusCode":0,"body":null}': [200, 'null'],
    '{"body":"<b>&</b>"}': [200, '"\\u003cb\\u003e\\u0026\\u003c/b\\u003e"'],
    '{"headers":{"content-type":"text/html"},"body":1}': [200, '1', 'text/html'],
    '{"statusCode":204}': [204, ''],
    '{"headers":null,"body":true}': [200, 'true'],
    '{"\\u0062ody":2}': [200, '2'],
    null: [500, '{"error":"the function answered null, which is no object with a body"}'],
    '"text"': [500, '{"error":"the function answered \\"text\\", which is no object with a body"}'],
    '{"statusCode":"404","body":1}': [
      500,
      '{"error":"the function answered with the statusCode \\"404\\"; it must be a number from 200 to 599"}',
    ],
    '{"headers":{"a b":"1"},"body":1}': [
      500,
      '{"error":"the function answered with a header \'a b\' that HTTP does not allow"}',
    ],
  };
  for (const [given, [status, body, type = JSON_TYPE]] of Object.entries(ANSWERS))
    test(`answers ${given} with ${status}`, async () => {
      const answer = await house.ask('/invoke/answer', { method: 'POST', body: given });
      assert.deepEqual([answer.status, answer.text], [status, body]);
      if (status !== 204) assert.equal(answer.headers['content-type'], type);
    });

  test('sends a list of values as several headers', async () => {
    const answer = await house.ask('/invoke/answer', {
      method: 'POST',
      body: '{"headers":{"x-n":["1","2"]},"body":1}',
    });
    assert.equal(answer.headers['x-n'], '1, 2');
  });

  test('answers the message of a handler that fails', async () => {
    const answer = await house.ask('/invoke/fail');
    assert.deepEqual([answer.status, answer.text], [500, '{"error":"no such thing"}']);
  });

  test('answers 404 for functions that do not exist, whatever their name', async () => {
    for (const name of ['nope', 'n'.repeat(100), '..%2f..', '%zz', 'echo@7'])
      for (const [method, place] of [
        ['GET', 'info'],
        ['GET', 'logs'],
        ['DELETE', 'del'],
        ['POST', 'invoke'],
      ] as const)
        if (name !== 'echo@7' || place === 'invoke')
          assert.deepEqual(said(await house.ask(`/${place}/${name}`, { method })), [404, 'Function not found!'], place);
  });

  test('leaves other methods and paths to functions', async () => {
    for (const [method, path] of [
      ['GET', '/deploy'],
      ['POST', '/info'],
      ['HEAD', '/health'],
      ['GET', '/invoke/'],
      ['GET', '/invoke/a/b'],
      ['GET', '/info/a/b'],
      ['DELETE', '/del'],
    ] as const)
      assert.equal((await house.ask(path, { method })).status, 404, path);
    assert.equal((await house.ask('/info/', {})).json()['code'], 'LAM_EDGE_NOT_FOUND');
  });

  test('refuses a body that no sandbox can be given, also where only the escapes of JSON make it so long', async () => {
    const whole = 6_291_556;
    for (const body of ['x'.repeat(whole + 1), '"'.repeat(whole - 1000)]) {
      const answer = await house.ask('/invoke/echo', { method: 'POST', body });
      assert.deepEqual([answer.status, answer.json()['code']], [413, 'LAM_EDGE_PAYLOAD_TOO_LARGE']);
    }
  });

  test('limits the rate of a function live', async () => {
    // Its clock stands still, because a refused request must find no token on a slow machine either.
    await using house = await edgeHouse(handlers, { clock: { ...systemClock, monotonic: () => 0 } });
    await deploy(house, [
      ['file', ZIP, 'slow.zip'],
      ['rateLimit', '1'],
    ]);
    const call = (): Promise<Answer> => house.ask('/invoke/slow');
    assert.equal((await house.ask('/info/slow')).json()['rateLimit'], 1);
    await call();
    const refused = await call();
    assert.deepEqual(said(refused), [429, 'Rate limit exceeded. Please try again later.']);
    assert.equal((await house.ask('/info/slow')).json()['invokeCount'], 1);
    const config = (body: string, name = 'slow'): Promise<Answer> =>
      house.ask(`/config/${name}`, { method: 'POST', body });
    const answer = await config('{"rateLimit":0}');
    assert.deepEqual(answer.json(), { function: 'slow', rateLimit: 0, status: 'updated' });
    for (let i = 0; i < 5; i++) assert.notEqual((await call()).status, 429);
    assert.equal((await config('{"rateLimit":250}')).status, 200);
    assert.equal((await house.ask('/info/slow')).json()['rateLimit'], 250);
    for (const bad of ['', '{', '[]', '{"rateLimit":"5"}', '{"rateLimit":1.5}', '3'])
      assert.deepEqual(said(await config(bad)), [400, 'invalid request body'], bad);
    assert.deepEqual(said(await config('{"rateLimit":5}', 'nope')), [500, 'record not found']);
    assert.equal((await config('{"rateLimit":1000000000}')).status, 400);
    assert.equal((await house.ask('/info/slow')).json()['rateLimit'], 250);
  });

  test('takes a rate limit that is no number for none', async () => {
    await deploy(house, [
      ['file', ZIP, 'free.zip'],
      ['rateLimit', 'ten'],
    ]);
    assert.equal((await house.ask('/info/free')).json()['rateLimit'], 0);
  });

  test('counts invocations, and says what each of them printed, newest first', async () => {
    for (let i = 0; i < 2; i++) await house.ask('/invoke/talk');
    const info = (await house.ask('/info/talk')).json();
    assert.equal(info['invokeCount'], 2);
    assert.ok(Math.abs(Date.parse(String(info['lastInvokedAt'])) - Date.now()) < 60_000);
    house.logs.flush();
    const logs = await logsOf(house, 'talk');
    assert.deepEqual(
      logs.map(({ id, funcName, stdout, stderr }) => [id, funcName, stdout, stderr]),
      [
        [2, 'talk', 'Hello\n', 'oh\n'],
        [1, 'talk', 'Hello\n', 'oh\n'],
      ],
    );
    assert.ok(logs.every(({ invokedAt }) => Math.abs(Date.parse(String(invokedAt)) - Date.now()) < 60_000));
  });

  test('deletes a function with its count, so that a namesake begins at none', async () => {
    await deploy(house, [['file', ZIP, 'gone.zip']]);
    await house.ask('/invoke/gone');
    const answer = await house.ask('/del/gone', { method: 'DELETE' });
    assert.deepEqual([answer.status, answer.json()], [200, { deleted: 'gone' }]);
    assert.equal((await house.ask('/invoke/gone')).status, 404);
    await deploy(house, [['file', ZIP, 'gone.zip']]);
    assert.equal((await house.ask('/info/gone')).json()['invokeCount'], 0);
  });

  test('says that it is healthy, and which node it is', async () => {
    assert.deepEqual((await house.ask('/health')).json(), { status: 'healthy' });
    const { nodeId } = (await house.ask('/node-id')).json();
    assert.match(String(nodeId), /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('comes after functions and their routes', async () => {
    await house.publish('health');
    await house.publish('claims', { routes: ['GET /info/{name}'] });
    assert.equal((await house.ask('/health')).json()['version'], '2.0');
    assert.equal((await house.ask('/info/echo')).json()['version'], '2.0');
    assert.equal((await house.ask('/info')).status, 200);
    for (const name of ['health', 'claims']) await house.ask(`/del/${name}`, { method: 'DELETE' });
    assert.equal((await house.ask('/health')).json()['status'], 'healthy');
  });

  test('refuses strange hosts and foreign pages', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      for (const [method, path] of [
        ['POST', '/deploy'],
        ['GET', '/invoke/echo'],
        ['GET', '/info'],
        ['DELETE', '/del/echo'],
      ] as const)
        assert.equal((await house.ask(path, { method, headers })).status, 403, `${path} ${JSON.stringify(headers)}`);
    assert.ok(house.operations.functions.list().some(({ name }) => name === 'echo'));
  });
});

describe("the listeners of Glambdar's API", () => {
  test('are none where it is off', async () => {
    await using house = await edgeHouse(handlers, { glambdar: 'off' });
    await house.publish('echo');
    for (const path of ['/health', '/info', '/invoke/echo'])
      assert.equal((await house.ask(path)).json()['code'], 'LAM_EDGE_NOT_FOUND');
  });

  test('may have a port of their own, where no function is in the way', async () => {
    await using house = await edgeHouse(handlers, { glambdar: 0 });
    await house.publish('health');
    const status = (await house.control('/_lam/v1/status')).json() as unknown as Status;
    const port = Number(status.glambdar);
    assert.notEqual(port, house.port);
    assert.deepEqual((await house.askAt(port, '/health')).json(), { status: 'healthy' });
    const form = formOf([['file', ZIP, 'mine.zip']]);
    assert.equal((await house.askAt(port, '/deploy', { method: 'POST', ...form })).status, 201);
    await house.askAt(port, '/invoke/mine');
    assert.equal((await house.ask('/info/mine')).json()['invokeCount'], 1);
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/deploy'],
      ['GET', '/_lam/v1/status'],
    ] as const) {
      const answer = await house.askAt(port, path, { method });
      assert.deepEqual([answer.status, answer.text], [404, '404 page not found']);
    }
  });
});
