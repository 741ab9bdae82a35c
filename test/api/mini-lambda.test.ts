import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import type { EngineImages } from '../../src/driver/index.ts';
import { lamError } from '../../src/errors/index.ts';
import { edgeHouse, type Answer, type AskOptions, type EdgeHouse, type Handlers } from '../support/edge-house.ts';
import { formOf } from '../support/form.ts';
import { ociFiles, savedFiles, tarOf } from '../support/image-tars.ts';

const result = (payload: string): Promise<InvokeOutcome> =>
  Promise.resolve({ kind: 'result', payload: Buffer.from(payload) });
/** Answers as a program does whose output is to be told to the character. */
const printed = (text: string): Promise<InvokeOutcome> => result(JSON.stringify(text));

const limits: number[] = [];
const handlers: Handlers = {
  hello({ event, context, limitMs, print }) {
    assert.equal(context.verbatim, true);
    // What is left of it when the handler begins.
    limits.push(Math.ceil(limitMs / 250) * 250);
    print('stderr', 'one line');
    return printed(`${Buffer.from(event).toString()}\n`);
  },
  fails: () =>
    Promise.resolve({
      kind: 'error',
      errorType: 'Runtime.ExitError',
      payload: Buffer.from('{"errorType":"Runtime.ExitError","errorMessage":"exit status 3","exitStatus":3}'),
    }),
  late: () => Promise.resolve({ kind: 'timeout' }),
  json: () => result('{"a":1}'),
};

const PARTS = {
  names: ['hello:latest'],
  layers: [[{ name: 'app/run', content: '#!/bin/sh\ncat\n', mode: 0o755 }]],
  config: { Cmd: ['./run'], WorkingDir: '/app' },
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe("Mini-Lambda's API", { concurrency: false }, () => {
  let house: EdgeHouse;
  let port: number;
  before(async () => {
    house = await edgeHouse(handlers, { miniLambda: 0 });
    port = house.status().miniLambda ?? 0;
    await upload(await tarOf(await savedFiles(PARTS)));
  });
  after(() => house[Symbol.asyncDispose]());

  const ask = (path: string, options: AskOptions = {}): Promise<Answer> => house.askAt(port, path, options);
  const post = (path: string, body: unknown): Promise<Answer> =>
    ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const upload = (tar: Uint8Array): Promise<Answer> =>
    ask('/images', { method: 'POST', ...formOf([['image', tar, 'image.tar']]) });
  const registered = async (name: string): Promise<string> =>
    String((await post('/functions', { name, image: 'hello' })).json()['id']);
  const failed = ({ status, text }: Answer): unknown[] => {
    const { error, code, hint } = JSON.parse(text) as Record<string, string>;
    if (code !== undefined) assert.ok(hint !== undefined && hint !== '');
    return [status, error, code];
  };
  const list = async (): Promise<readonly Record<string, unknown>[]> =>
    (await ask('/functions')).json() as unknown as readonly Record<string, unknown>[];

  test('takes images, and lists their names', async () => {
    const tar = await tarOf(await ociFiles({ ...PARTS, names: ['other:v1'] }));
    const answer = await upload(tar);
    assert.deepEqual(
      [answer.status, answer.json()],
      [200, { message: 'Image Uploaded Successfully', file_size: tar.length, images: ['other:v1'] }],
    );
    assert.deepEqual((await ask('/images')).json(), ['hello:latest', 'other:v1']);
  });

  test('registers a function under an id that stays, lists it, and finds it by id and name', async () => {
    const answer = await post('/functions', { name: 'hello', image: 'hello' });
    const { id, created_at: created, ...rest } = answer.json();
    assert.deepEqual([answer.status, rest], [200, { name: 'hello', image: 'hello' }]);
    assert.match(String(id), UUID);
    assert.ok(Math.abs(Date.parse(String(created)) - Date.now()) < 60_000);
    // Once more, and with another image: the same function.
    assert.deepEqual((await post('/functions', { name: 'hello', image: 'hello' })).json(), answer.json());
    const again = (
      await post('/functions', { name: 'hello', image: 'other:v1', timeout_sec: 7, env: { A: '1' } })
    ).json();
    assert.deepEqual([again['id'], again['image']], [id, 'other:v1']);
    const { live, config } = house.operations.functions.detail(house.operations.functions.named('hello'));
    assert.deepEqual(
      [live, config.timeoutMs, config.memoryMiB, config.environment, config.network, config.runtime],
      [2, 7000, 256, { A: '1' }, 'on', 'stdio'],
    );
    assert.ok((await list()).some((one) => one['id'] === id && one['image'] === 'other:v1'));
    for (const key of [String(id), 'hello']) assert.deepEqual((await ask(`/functions/${key}`)).json(), again);
    await house.publish('plain');
    assert.ok((await list()).some(({ name, image }) => name === 'plain' && image === ''));
    assert.equal((await post('/functions', { image: 'hello', name: '' })).json()['name'], 'hello');
  });

  test('answers what a program printed, with its log, and how long it ran', async () => {
    const id = await registered('hello');
    const answer = await post(`/invoke/${id}`, '{"event": {"n": 12345678901234567890, "n2":1.0}, "timeout": 30}');
    const { result: said, duration, timestamp, logs, invocation_id: invocation, trace_id: trace } = answer.json();
    assert.deepEqual([answer.status, said, logs], [200, '{"n": 12345678901234567890, "n2":1.0}\n', 'one line\n']);
    assert.ok(Number.isInteger(duration) && Math.abs(Date.parse(String(timestamp)) - Date.now()) < 60_000);
    assert.match(String(invocation), /^[0-9a-f-]{36}$/);
    assert.match(String(trace), /^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    assert.equal((await post('/invoke/hello', { event: [] })).json()['result'], '[]\n');
    assert.equal((await post('/invoke/hello', {})).json()['result'], 'null\n');
    assert.equal((await post('/invoke/hello', { cloud_event: { id: '1' } })).json()['result'], '{"id":"1"}\n');
    await house.publish('json');
    assert.equal((await post('/invoke/json', { event: 1 })).json()['result'], '{"a":1}');
  });

  test('gives an invocation the time limit that it names, within bounds', async () => {
    await post('/functions', { name: 'hello', image: 'hello', timeout_sec: 5 });
    limits.length = 0;
    for (const timeout of [undefined, 0, 30, 0.25, 5000]) await post('/invoke/hello', { event: 1, timeout });
    assert.deepEqual(limits, [5000, 5000, 30_000, 250, 900_000]);
  });

  test('says why a function failed, and that it took too long', async () => {
    for (const name of ['fails', 'late']) await registered(name);
    assert.deepEqual(failed(await post('/invoke/fails', { event: 1 })), [500, 'exit status 3', undefined]);
    assert.deepEqual(failed(await post('/invoke/late', { event: 1, timeout: 3 })), [
      504,
      'execution timeout exceeded',
      undefined,
    ]);
  });

  test('runs functions later, and keeps what became of them', async () => {
    const ids = new Map<string, string>();
    limits.length = 0;
    for (const name of ['hello', 'fails', 'late']) {
      const answer = await post(`/invoke/${await registered(name)}/async`, { event: { to: name }, timeout: 2 });
      const { invocation_id: id, status, created_at: created } = answer.json();
      assert.deepEqual([answer.status, status], [202, 'PENDING']);
      assert.ok(Math.abs(Date.parse(String(created)) - Date.now()) < 60_000);
      ids.set(name, String(id));
    }
    const ended: Record<string, Record<string, unknown>> = {};
    await house.operations.async.get(ids.get('hello') as never, 10_000);
    assert.deepEqual(limits, [2000], 'the time limit is queued with the event');
    for (const [name, id] of ids) {
      await house.operations.async.get(id as never, 10_000);
      const { created_at: created, completed_at: completed, ...rest } = (await post(`/invocations/${id}`, '')).json();
      assert.ok(Date.parse(String(created)) <= Date.parse(String(completed)));
      assert.deepEqual((await ask(`/invocations/${id}`)).json()['status'], rest['status']);
      assert.equal(rest['id'], id);
      assert.equal(rest['function_id'], (await ask(`/functions/${name}`)).json()['id']);
      ended[name] = rest;
    }
    assert.deepEqual(
      Object.values(ended).map(({ status, error }) => [status, error]),
      [
        ['COMPLETED', ''],
        ['FAILED', 'exit status 3'],
        ['FAILED', 'execution timeout exceeded'],
      ],
    );
    const { duration_ms: ran, ...said } = Object(ended['hello']?.['result']) as Record<string, unknown>;
    assert.deepEqual([said, Number.isInteger(ran)], [{ output: '{"to":"hello"}\n', logs: 'one line\n' }, true]);
    assert.equal(ended['fails']?.['result'], null);
    const all = (await ask('/invocations')).json() as unknown as { id: string }[];
    assert.deepEqual(new Set(all.map(({ id }) => id)), new Set(ids.values()));
    assert.equal(((await ask('/invocations?limit=1')).json() as unknown as unknown[]).length, 1);
    const dead = (await ask('/invocations/dlq')).json() as unknown as { id: string }[];
    assert.deepEqual(new Set(dead.map(({ id }) => id)), new Set([ids.get('fails'), ids.get('late')]));
    const again = await post(`/invocations/${ids.get('fails')}/retry`, '');
    assert.deepEqual([again.status, again.json()], [202, { invocation_id: ids.get('fails'), status: 'PENDING' }]);
  });

  test('counts invocations of all kinds under the names of its first release and of later ones', async () => {
    await registered('hello');
    await post('/invoke/hello', { event: 1 });
    const answer = await ask('/metrics');
    assert.match(String(answer.headers['content-type']), /^text\/plain/);
    const total = /^Total_Invocations\{function="hello"\} (\d+)$/m.exec(answer.text)?.[1];
    assert.ok(Number(total) >= 1);
    assert.match(answer.text, /^# TYPE Total_Invocations counter$/m);
    assert.match(answer.text, /^# TYPE Invocation_Duration_ms histogram$/m);
    const bounds = [...answer.text.matchAll(/^Invocation_Duration_ms_bucket\{le="([^"]+)",function="hello"\}/gm)];
    assert.deepEqual(
      bounds.map(([, bound]) => bound),
      ['10', '110', '210', '310', '410', '510', '610', '710', '810', '910', '+Inf'],
    );
    assert.match(answer.text, new RegExp(`^Invocation_Duration_ms_count\\{function="hello"\\} ${total}$`, 'm'));
    assert.match(answer.text, /^mini_lambda_invocations_total\{function="fails",status="error"\} \d+$/m);
  });

  test('is healthy', async () => {
    assert.deepEqual((await ask('/health')).json(), { status: 'UP' });
  });

  test('removes an image that it keeps, and no function with it', async () => {
    await upload(await tarOf(await savedFiles({ ...PARTS, names: ['gone:1'] })));
    await post('/functions', { name: 'stays', image: 'gone:1' });
    const remove = (name: string): Promise<Answer> => ask(`/images/${name}`, { method: 'DELETE' });
    assert.deepEqual((await remove('gone:1')).json(), { deleted: 'gone:1' });
    assert.deepEqual((await ask('/images')).json(), ['hello:latest', 'other:v1']);
    assert.deepEqual(failed(await remove('gone:1')).slice(0, 1), [404]);
    await house.operations.storage.gc({});
    assert.equal((await post('/invoke/stays', { event: 1 })).status, 200);
    await house.operations.functions.remove(house.operations.functions.named('stays'));
    const before = house.operations.storage.gc({});
    assert.ok((await before).artifacts >= 0);
  });

  test('registers one function where several clients do so at once', async () => {
    const images = ['hello', 'other:v1', 'hello', 'other:v1', 'hello'];
    const answers = await Promise.all(images.map((image) => post('/functions', { name: 'raced', image })));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(new Set(answers.map((answer) => answer.json()['id'])).size, 1);
  });

  test('keeps nothing of an upload whose client leaves', async () => {
    const { body, headers } = formOf([['image', Buffer.alloc(3_000_000), 'image.tar']]);
    const sent = { method: 'POST', host: '127.0.0.1', port, path: '/images' };
    const leaving = request({ ...sent, headers: { ...headers, host: 'localhost', 'content-length': body.length } });
    leaving.on('error', () => undefined);
    leaving.write(body.subarray(0, 2_000_000));
    const files = async (count: number): Promise<void> => {
      while ((await readdir(house.paths.tmp)).length !== count) await new Promise(setImmediate);
    };
    await files(1);
    leaving.destroy();
    await files(0);
  });

  test('uses the images of a container engine where there is one', async () => {
    const loaded: string[] = [];
    const images: EngineImages = {
      load: (file) => Promise.resolve(void loaded.push(file)),
      names: () => Promise.resolve(['empty:latest', 'hello:latest']),
      keep(source) {
        if (source === 'gone')
          return Promise.reject(lamError('LAM_DRIVER_IMAGE_MISSING', { image: source, reason: 'no' }));
        const id = `sha256:${'a'.repeat(64)}`;
        const command = source === 'empty' ? [] : ['./run'];
        return Promise.resolve({
          source,
          id,
          architecture: 'amd64',
          entryPoint: [],
          command,
          workingDirectory: '/app',
        });
      },
    };
    await using other = await edgeHouse(handlers, { miniLambda: 0, script: { images } });
    const at = other.status().miniLambda ?? 0;
    const send = (path: string, body: unknown): Promise<Answer> =>
      other.askAt(at, path, { method: 'POST', body: JSON.stringify(body) });
    assert.deepEqual((await other.askAt(at, '/images')).json(), ['empty:latest', 'hello:latest']);
    assert.equal((await send('/functions', { name: 'hello', image: 'hello' })).status, 200);
    const { config } = other.operations.functions.detail(other.operations.functions.named('hello'));
    assert.deepEqual([config.runtime, config.image], ['stdio-image', 'hello']);
    assert.equal((await send('/invoke/hello', { event: 1 })).json()['result'], '1\n');
    const nothing = failed(await send('/functions', { name: 'x', image: 'empty' }));
    assert.deepEqual([nothing[0], nothing[2]], [400, 'LAM_OPERATIONS_IMAGE_NO_COMMAND']);
    assert.deepEqual(failed(await send('/functions', { name: 'x', image: 'gone' })), [
      404,
      "there is no container image 'gone', and it cannot be pulled: no",
      'LAM_OPERATIONS_IMAGE_NOT_FOUND',
    ]);
    const [first, ...rest] = await savedFiles(PARTS);
    const parts = [rest, [{ ...first, name: first?.name ?? '', content: Buffer.alloc(512) }, ...rest]];
    for (const files of parts) {
      const form = formOf([['image', await tarOf(files), 'image.tar']]);
      assert.equal((await other.askAt(at, '/images', { method: 'POST', ...form })).status, 400);
    }
    const kept = failed(await other.askAt(at, '/images/hello', { method: 'DELETE' }));
    assert.deepEqual([kept[0], kept[2]], [412, 'LAM_OPERATIONS_IMAGE_OF_ENGINE']);
    assert.deepEqual(loaded, [], 'an engine is given no damaged image');
    const form = formOf([['image', await tarOf(await savedFiles(PARTS)), 'image.tar']]);
    assert.equal((await other.askAt(at, '/images', { method: 'POST', ...form })).status, 200);
    assert.equal(loaded.length, 1);
  });

  test('refuses bad input of every route, and changes nothing', async () => {
    await registered('hello');
    const before = await list();
    const damaged = await tarOf((await savedFiles(PARTS)).slice(1));
    const form = formOf([['image', await tarOf(await savedFiles(PARTS)), 'image.tar']]);
    const refused: readonly (readonly [Answer, number, RegExp, string?])[] = [
      [await post('/functions', '{'), 400, /^invalid body: it is no JSON object$/, 'LAM_EDGE_MINI_BODY'],
      [await post('/functions', '[]'), 400, /^invalid body/],
      [await post('/functions', { name: 'x' }), 400, /^invalid body: 'image' is missing$/],
      [await post('/functions', { name: 'x', image: 1 }), 400, /'image' is no text/],
      [await post('/functions', { name: 'no name!', image: 'hello' }), 400, /function name/],
      [await post('/functions', { name: 'n'.repeat(65), image: 'hello' }), 400, /function name/],
      [
        await post('/functions', { name: 'x', image: 'helo' }),
        404,
        /^there is no container image 'helo'$/,
        'LAM_OPERATIONS_IMAGE_NOT_FOUND',
      ],
      [await post('/functions', { name: 'x', image: 'hello', env: { A: 1 } }), 400, /'env' is no object of texts/],
      [await post('/functions', { name: 'x', image: 'hello', memory_mb: '1' }), 400, /'memory_mb' is no number/],
      [await post('/functions', { name: 'x', image: 'hello', memory_mb: 1 }), 400, /memory/],
      [await post('/functions', { name: 'x', image: 'hello', timeout_sec: -1 }), 400, /timeout/],
      [await post('/functions', { name: 'x', image: 'hello', allow_network: 1 }), 400, /allow_network/],
      [await post('/functions', { name: 'x', image: 'hello', webhook_secret: 's' }), 400, /webhook_secret/],
      [await post('/functions', { name: 'plain', image: 'hello' }), 409, /already exists/],
      [await post('/functions', { name: 'x', image: 'x'.repeat(70_000) }), 413, /./],
      [await ask('/functions/nobody'), 404, /^Function Not Found$/],
      [await ask('/functions/%E0%A4%A'), 404, /^Function Not Found$/],
      [await post('/invoke/nobody', { event: 1 }), 404, /^Function Not Found$/],
      [await post('/invoke/hello', '{'), 400, /^invalid json/],
      [await post('/invoke/hello', '"text"'), 400, /^invalid json/],
      [await post('/invoke/hello', { event: 1, timeout: 'soon' }), 400, /'timeout' is no number of seconds/],
      [await post('/invoke/hello', { event: 1, timeout: -1 }), 400, /'timeout'/],
      [await post('/invoke/hello', { event: 'x'.repeat(6_400_000) }), 413, /./],
      [await post('/invoke/nobody/async', { event: 1 }), 404, /^Function Not Found$/],
      [await post('/invoke/hello/async', ''), 400, /^invalid json/],
      [await post('/invocations/nobody', ''), 404, /^invocation not found$/],
      [await ask("/invocations/'%20or%201"), 404, /^invocation not found$/],
      [await post('/invocations/nobody/retry', ''), 404, /^invocation not found$/],
      [await post('/images', '{}'), 400, /^missing image file$/, 'LAM_EDGE_FORM_WITHOUT_IMAGE'],
      [
        await ask('/images', { method: 'POST', ...formOf([['image', 'a value and no file']]) }),
        400,
        /^missing image file$/,
      ],
      [await ask('/images', { method: 'POST', ...formOf([['other', 'x', 'file']]) }), 400, /^missing image file$/],
      [
        await ask('/images', { method: 'POST', ...form, body: form.body.subarray(0, 900) }),
        400,
        /ends before its last/,
      ],
      [await upload(Buffer.from('no tar')), 400, /the container image is damaged/],
      [await upload(damaged), 400, /it is missing/],
      [await ask('/nothing'), 404, /./],
      [await ask('/functions', { method: 'DELETE' }), 404, /./],
      [await ask('/invoke/hello'), 404, /./],
      [await ask('/'), 404, /./],
    ];
    for (const [answer, status, text, wanted] of refused) {
      const [found, error, code] = failed(answer);
      if (wanted !== undefined) assert.equal(code, wanted);
      assert.equal(found, status, answer.text);
      assert.match(String(error), text);
    }
    const { Error: said, error } = (await post('/images', '')).json();
    assert.equal(said, error);
    assert.deepEqual(await list(), before);
    assert.deepEqual((await ask('/images')).json(), ['hello:latest', 'other:v1']);
    assert.deepEqual([await readdir(house.paths.tmp), await readdir(house.paths.staging)], [[], []]);
  });

  test('answers no request with a 5xx that is not about the function', async () => {
    const path = fc.oneof(
      fc.constantFrom(
        '/functions',
        '/images',
        '/invocations',
        '/invoke/hello',
        '/invoke/hello/async',
        '/invocations/x',
      ),
      fc.webPath(),
    );
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc.record({ event: fc.jsonValue(), timeout: fc.anything() }).map((value) => {
        try {
          return JSON.stringify(value) ?? '';
        } catch {
          return '{}';
        }
      }),
      fc
        .record({
          name: fc.string(),
          image: fc.constantFrom('hello', '', '../x'),
          env: fc.jsonValue(),
          memory_mb: fc.jsonValue(),
        })
        .map((value) => JSON.stringify(value)),
    );
    const type = fc.constantFrom('application/json', 'multipart/form-data; boundary=b', 'multipart/form-data', '');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        path,
        body,
        type,
        async (method, to, sent, as) => {
          const headers = as === '' ? {} : { 'content-type': as };
          const answer = await ask(to === '' ? '/' : to, {
            method,
            headers,
            ...(method === 'GET' ? {} : { body: sent }),
          });
          assert.ok(answer.status < 500, `${method} ${to}: ${answer.text}`);
        },
      ),
      { numRuns: 120 },
    );
  });
});
