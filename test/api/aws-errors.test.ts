import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { AwsModel } from '../../src/edge/aws/model.ts';
import { FACTS } from '../../src/edge/apis/aws-lambda/model/facts.ts';
import { decodeErrorHeader } from '../../src/contract/index.ts';
import { edgeHouse, type AskOptions, type EdgeHouse } from '../support/edge-house.ts';
import '../support/seed.ts';
import { codeZip, ROLE } from '../support/aws-house.ts';

const { operations } = JSON.parse(FACTS) as AwsModel;
/** Exceptions that AWS sends without a `Type`. */
const UNTYPED = new Set([
  'ValidationException',
  'SerializationException',
  'AccessDeniedException',
  'RequestEntityTooLargeException',
]);
const FUNCTIONS = '/2015-03-31/functions';
const WHOLE = { FunctionName: 'made', Runtime: 'nodejs22.x', Handler: 'index.handler', Role: ROLE };

describe('an error of AWS Lambda', () => {
  let house: EdgeHouse;
  before(async () => {
    house = await edgeHouse();
    await house.publish('hello');
  });
  after(() => house[Symbol.asyncDispose]());
  const send = (method: string, path: string, body?: unknown): ReturnType<EdgeHouse['ask']> =>
    house.ask(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

  /** What, method and path, body, status, AWS's name, the code of lam. */
  const refused: [string, string, unknown, number, string, string][] = [
    ['a missing member', `POST ${FUNCTIONS}`, {}, 400, 'ValidationException', 'LAM_AWS_VALIDATION'],
    [
      'a wrong type',
      `POST ${FUNCTIONS}`,
      { ...WHOLE, Timeout: 'x' },
      400,
      'SerializationException',
      'LAM_AWS_SERIALIZATION',
    ],
    ['a list as the body', `POST ${FUNCTIONS}`, [1], 400, 'SerializationException', 'LAM_AWS_SERIALIZATION'],
    [
      'no code',
      `POST ${FUNCTIONS}`,
      { ...WHOLE, Code: {} },
      400,
      'InvalidParameterValueException',
      'LAM_AWS_PARAMETER',
    ],
    [
      'an unknown function',
      `GET ${FUNCTIONS}/nobody`,
      undefined,
      404,
      'ResourceNotFoundException',
      'LAM_AWS_NOT_FOUND',
    ],
    [
      'a function that exists',
      `POST ${FUNCTIONS}`,
      { ...WHOLE, FunctionName: 'hello', Code: { ZipFile: codeZip().toString('base64') } },
      409,
      'ResourceConflictException',
      'LAM_AWS_CONFLICT',
    ],
    [
      'a stale revision',
      `PUT ${FUNCTIONS}/hello/configuration`,
      { RevisionId: 'stale' },
      412,
      'PreconditionFailedException',
      'LAM_AWS_REVISION',
    ],
    [
      'another account',
      `GET ${FUNCTIONS}/arn:aws:lambda:us-east-1:123456789012:function:hello`,
      undefined,
      403,
      'AccessDeniedException',
      'LAM_AWS_FORBIDDEN',
    ],
    [
      'a zip of more than 50 MB',
      `PUT ${FUNCTIONS}/hello/code`,
      { ZipFile: Buffer.alloc(52_428_801).toString('base64') },
      413,
      'RequestEntityTooLargeException',
      'LAM_AWS_TOO_LARGE',
    ],
    [
      'an operation that is not served',
      'GET /2025-11-30/capacity-providers',
      undefined,
      404,
      'UnknownOperationException',
      'LAM_AWS_UNSUPPORTED',
    ],
    [
      'a path of no operation',
      `GET ${FUNCTIONS}/a/b/c/d`,
      undefined,
      404,
      'UnknownOperationException',
      'LAM_EDGE_NOT_FOUND',
    ],
    ['another method', `PATCH ${FUNCTIONS}/hello`, undefined, 404, 'UnknownOperationException', 'LAM_EDGE_NOT_FOUND'],
  ];
  for (const [what, target, body, status, name, code] of refused) {
    test(`for ${what} has status, name, request id, and the code of lam`, async () => {
      const [method = '', path = ''] = target.split(' ');
      const answer = await send(method, path, body);
      assert.deepEqual([answer.status, answer.headers['x-amzn-errortype']], [status, name], answer.text);
      assert.match(String(answer.headers['x-amzn-requestid']), /^[0-9a-f-]{36}$/);
      assert.equal(decodeErrorHeader(String(answer.headers['x-lam-error']))?.code, code);
      const hasType = !UNTYPED.has(name);
      assert.equal(answer.json()['Type'], hasType ? 'User' : undefined);
    });
  }

  test('of an operation that is not served names it', async () => {
    const answer = await send('GET', '/2025-11-30/capacity-providers');
    assert.match(String(answer.json()['message']), /ListCapacityProviders/);
  });

  test('names the function that moved where two changes meet', async () => {
    const detail = house.registry.detail('hello' as never);
    const { artifact } = detail.allVersions[0] ?? {};
    const onto = { live: detail.live, updatedAt: detail.updatedAt - 1 };
    await assert.rejects(
      house.operations.versions.publish('hello' as never, { artifact: artifact as never, config: {}, onto }),
      { code: 'LAM_REGISTRY_MOVED' },
    );
  });

  test('comes for a foreign page and a rebound name before anything is read', async () => {
    for (const headers of [{ origin: 'http://evil.example' }, { host: 'evil.example' }]) {
      const answer = await house.ask(`${FUNCTIONS}/hello`, { method: 'DELETE', headers });
      assert.equal(answer.status, 403);
    }
    assert.equal(house.registry.has('hello' as never), true);
  });

  test('keeps values of the environment out of messages', async () => {
    const answer = await send('PUT', `${FUNCTIONS}/hello/configuration`, {
      Environment: { Variables: { 'not-a-name': 'secret' } },
    });
    assert.equal(answer.status, 400);
    assert.doesNotMatch(answer.text, /secret/);
  });

  test('is never one of the server, whatever a request has', async () => {
    const targets = Object.values(operations).filter(([, path]) => !path.includes('invocations'));
    const inputs = fc.record({
      target: fc.constantFrom(...targets),
      part: fc.oneof(
        fc.constantFrom('hello', 'nobody', '1', 'a:b', '$LATEST', '%', 'x'.repeat(300)),
        fc.string({ minLength: 1 }),
      ),
      query: fc.constantFrom('', 'Qualifier=1', 'MaxItems=x', 'MaxItems=0', 'Marker=zzz', 'Qualifier=%00'),
      body: fc.oneof(
        fc.constant(undefined),
        fc.json(),
        fc.string(),
        fc
          .dictionary(
            fc.constantFrom('FunctionName', 'Name', 'Code', 'Role', 'Environment', 'ZipFile', 'Layers'),
            fc.jsonValue(),
          )
          .map((value) => JSON.stringify(value)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(inputs, async ({ target: [method, pattern], part, query, body }) => {
        const [path = ''] = pattern.split('?');
        const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(part));
        const options: AskOptions = { method, ...(body === undefined ? {} : { body }) };
        const answer = await house.ask(query === '' ? filled : `${filled}?${query}`, options);
        assert.ok(answer.status < 500, `${method} ${filled}: ${answer.status} ${answer.text}`);
        if (answer.status >= 400) assert.ok(answer.headers['x-amzn-errortype'], answer.text);
      }),
      { numRuns: 200 },
    );
  });
});
