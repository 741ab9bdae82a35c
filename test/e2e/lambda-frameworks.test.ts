import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually, http, IS_BINARY, lamSession, type HttpAnswer, type LamSession } from './session.ts';

const run = promisify(execFile);
const FIXTURES = join(import.meta.dirname, '../fixtures/frameworks');
const ROOT = join(import.meta.dirname, '../..');

type Json = Record<string, unknown>;

const JSON_TYPE = { 'content-type': 'application/json' };

describe('frameworks for Lambda', { skip: IS_BINARY && 'the built command runs the same' }, () => {
  let s: LamSession;
  before(async () => {
    s = await lamSession({ driver: 'process' });
    await s.ok(['start']);
    await Promise.all(
      ['lambda-node', 'lambda-python'].map((project) => {
        cpSync(join(FIXTURES, project), join(s.cwd, project), { recursive: true });
        // Installs what package.json and requirements.txt name.
        return s.ok(['deploy'], { cwd: join(s.cwd, project), limitMs: 300_000 });
      }),
    );
  });
  after(() => s[Symbol.asyncDispose]());

  async function invoke(name: string, event: unknown): Promise<Json> {
    const { stdout } = await s.ok(['invoke', name, '-d', JSON.stringify(event)]);
    return JSON.parse(stdout) as Json;
  }
  const ask = (path: string, options: Parameters<typeof http>[1] = {}): Promise<HttpAnswer> =>
    http(`${s.url}${path}`, options);
  const said = ({ body }: HttpAnswer): Json => JSON.parse(body.toString()) as Json;

  /** What a function printed as a line of JSON of this kind, once it is there. */
  async function printed(name: string, isWanted: (line: Json) => boolean): Promise<Json> {
    let found: Json | undefined;
    await eventually(async () => {
      const { stdout } = await s.ok(['logs', name]);
      const lines = stdout.split('\n').flatMap((line) => {
        const from = line.indexOf('{');
        return from < 0 || !line.endsWith('}') ? [] : [JSON.parse(line.slice(from)) as Json];
      });
      found = lines.find(isWanted);
      return found !== undefined;
    });
    return found ?? {};
  }

  for (const [language, name] of [
    ['TypeScript', 'powertools'],
    ['Python', 'py-powertools'],
  ] as const)
    test(`Powertools for ${language} log with the context and count in CloudWatch's format`, async () => {
      assert.deepEqual(await invoke(name, { order: 'tea' }), { taken: 'tea' });
      const line = await printed(name, ({ message }) => message === 'ordered');
      assert.deepEqual(
        [line['level'], line['service'], line['order'], line['cold_start'], line['function_name']],
        ['INFO', 'shop', 'tea', true, name],
      );
      assert.equal(line['function_arn'], `arn:aws:lambda:us-east-1:000000000000:function:${name}`);
      assert.match(String(line['function_request_id']), /^[0-9a-f-]{36}$/);
      const counted = await printed(name, (each) => '_aws' in each && 'orders' in each);
      assert.equal([counted['orders']].flat()[0], 1);
      assert.equal(counted['service'], 'shop');
    });

  test('Powertools for TypeScript route requests', async () => {
    const hello = await ask('/powertools-routes/hello/Ada');
    assert.deepEqual([hello.status, said(hello)], [200, { message: 'Hello Ada' }]);
    assert.equal((await ask('/powertools-routes/gone')).status, 404);
    assert.equal((await ask('/powertools-routes/nowhere')).status, 404);
  });

  test('Powertools for Python route requests', async () => {
    const hello = await ask('/py-routes/hello/Ada?x=1');
    assert.deepEqual([hello.status, said(hello)], [200, { message: 'Hello Ada', x: '1' }]);
    const echo = await ask('/py-routes/echo', { method: 'POST', body: '{"a":[1]}', headers: JSON_TYPE });
    assert.deepEqual(said(echo), { a: [1] });
    const bad = await ask('/py-routes/bad');
    assert.deepEqual([bad.status, said(bad)['message']], [400, 'not like this']);
  });

  test('Powertools for Python name the messages of a batch that failed', async () => {
    const record = (messageId: string, body: string): Json => ({
      ...{ messageId, body, receiptHandle: 'r', attributes: {}, messageAttributes: {}, md5OfBody: '' },
      ...{ eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q', awsRegion: 'us-east-1' },
    });
    const answer = await invoke('py-batch', { Records: [record('1', 'good'), record('2', 'bad')] });
    assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: '2' }] });
  });

  test('middy reads bodies and answers what is wrong with them', async () => {
    const good = await ask('/middy', { method: 'POST', body: '{"a":1}', headers: JSON_TYPE });
    assert.deepEqual([good.status, said(good)], [201, { got: { a: 1 } }]);
    const bad = await ask('/middy', { method: 'POST', body: '{"a"', headers: JSON_TYPE });
    assert.equal(bad.status, 422, bad.body.toString());
    const type = { 'content-type': 'text/plain' };
    assert.equal((await ask('/middy', { method: 'POST', body: 'a', headers: type })).status, 415);
  });

  test('Slack Bolt answers commands that Slack signed, and no others', async () => {
    const body = new URLSearchParams({
      ...{ command: '/weather', text: 'Oslo', team_id: 'T1', user_id: 'U2', channel_id: 'C1' },
      ...{ response_url: 'http://127.0.0.1:1/', trigger_id: '1', api_app_id: 'A1' },
    }).toString();
    const at = String(Math.floor(Date.now() / 1000));
    const sign = (secret: string): string =>
      `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;
    const send = (secret: string): Promise<HttpAnswer> =>
      ask('/slack', {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-slack-request-timestamp': at,
          'x-slack-signature': sign(secret),
        },
      });
    const answer = await send('a-secret-of-slack');
    assert.deepEqual([answer.status, answer.body.toString()], [200, 'sunny in Oslo']);
    assert.equal((await send('another')).status, 401);
  });

  test('Apollo Server answers queries and mutations, and says what is wrong with them', async () => {
    const query = (text: string): Promise<HttpAnswer> =>
      ask('/apollo', { method: 'POST', body: JSON.stringify({ query: text }), headers: JSON_TYPE });
    assert.deepEqual(said(await query('{ hello(name: "Ada") }')), { data: { hello: 'Hello Ada' } });
    assert.deepEqual(said(await query('mutation { add(a: 1, b: 2) }')), { data: { add: 3 } });
    const wrong = await query('{ nothing }');
    assert.equal(wrong.status, 400);
    assert.match(wrong.body.toString(), /Cannot query field/);
  });

  test('a skill of ask-sdk answers launches and intents', async () => {
    const skill = (request: Json): Promise<Json> =>
      invoke('alexa', {
        version: '1.0',
        session: { new: true, sessionId: 's', application: { applicationId: 'a' }, user: { userId: 'u' } },
        context: { System: { application: { applicationId: 'a' }, user: { userId: 'u' } } },
        request: { requestId: 'r', timestamp: '2026-01-01T00:00:00Z', locale: 'en-US', ...request },
      });
    const launched = (await skill({ type: 'LaunchRequest' }))['response'] as Json;
    assert.deepEqual(launched['outputSpeech'], { type: 'SSML', ssml: '<speak>Welcome</speak>' });
    assert.equal(launched['shouldEndSession'], false);
    const slots = { drink: { name: 'drink', value: 'tea', confirmationStatus: 'NONE' } };
    const intent = { name: 'OrderIntent', confirmationStatus: 'NONE', slots };
    const ordered = (await skill({ type: 'IntentRequest', dialogState: 'COMPLETED', intent }))['response'] as Json;
    assert.deepEqual(ordered['outputSpeech'], { type: 'SSML', ssml: '<speak>One tea</speak>' });
  });

  test('what is written with @types/aws-lambda compiles, and gets events of those types', async () => {
    const files = ['http', 'sqs', 's3'].map((name) => join(FIXTURES, 'lambda-node/types', `${name}.ts`));
    const strict = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--types',
      'node',
    ];
    await run(process.execPath, [join(ROOT, 'node_modules/typescript-native/bin/tsc'), ...strict, ...files]);
    const answer = await ask('/types-http/a/b?c=d');
    assert.deepEqual(said(answer), { rawPath: '/a/b', query: { c: 'd' }, method: 'GET' });
    const Records = [
      { messageId: '1', body: 'good' },
      { messageId: '2', body: 'bad' },
    ];
    assert.deepEqual(await invoke('types-sqs', { Records }), { batchItemFailures: [{ itemIdentifier: '2' }] });
    const s3 = { bucket: { name: 'photos' }, object: { key: 'a.jpg' } };
    assert.deepEqual(await invoke('types-s3', { Records: [{ s3 }] }), {
      ...{ functionName: 'types-s3', hasId: true },
      keys: ['photos/a.jpg'],
    });
  });
});
