import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateAliasCommand, CreateFunctionCommand, PublishLayerVersionCommand } from '@aws-sdk/client-lambda';
import fc from 'fast-check';
import { ACTIONS } from '../../src/edge/apis/aws-lambda/operations/list.ts';
import type { AwsLocation, AwsShape } from '../../src/edge/aws/model.ts';
import { servedModel } from '../../src/edge/apis/aws-lambda/model/model.ts';
import { awsHouse, codeZip, newFunction, ROLE, type AwsHouse } from '../support/aws-house.ts';
import '../support/seed.ts';

const { model } = servedModel();
const ARN = 'arn:aws:lambda:us-east-1:000000000000:';

/** Texts that mean something somewhere, so that requests come as far as operations. */
const TEXTS = [
  ...[
    'one',
    'two',
    'nobody',
    '1',
    '2',
    '0',
    '$LATEST',
    'prod',
    'toString',
    '__proto__',
    'nodejs22.x',
    'index.handler',
    '',
  ],
  ...[`${ARN}function:one`, `${ARN}function:one:prod`, `${ARN}layer:shared`, `${ARN}layer:shared:1`, ROLE, '*'],
  ...[
    `${ARN}code-signing-config:csc-0123456789abcdefg`,
    `${ARN}event-source-mapping:00000000-0000-4000-8000-000000000000`,
  ],
  ...['arn:aws:sqs:us-east-1:000000000000:q', 'arn:aws:sqs:us-east-1:000000000000:q.fifo', '{"body":["a"]}'],
  ...['arn:aws:mq:us-east-1:000000000000:broker:b:b-1', 'arn:aws:kinesis:us-east-1:000000000000:stream/s', 'a/b:c d'],
  ...[
    'shared',
    'lambda:InvokeFunction',
    'lambda:GetLayerVersion',
    'events.amazonaws.com',
    '00000000-0000-4000-8000-000000000000',
  ],
];

/** Texts of shapes whose names say what they are. */
const MEANT: readonly (readonly [RegExp, readonly string[]])[] = [
  [/FunctionName$/, ['one', 'two', `${ARN}function:one`]],
  [/Qualifier$/, ['1', 'prod', '$LATEST']],
  [/^Alias$/, ['prod', 'test']],
  [/^LayerName/, ['shared', `${ARN}layer:shared`]],
  [/^RoleArn$/, [ROLE]],
];

/** Values of plain shapes, by type. */
const PLAIN: Readonly<Record<string, (shape: AwsShape) => fc.Arbitrary<unknown>>> = {
  string: ({ enum: allowed }) =>
    allowed === undefined
      ? fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...TEXTS) }, fc.string())
      : fc.constantFrom(...allowed, 'Other'),
  boolean: () => fc.boolean(),
  blob: () => fc.constantFrom(codeZip().toString('base64'), Buffer.from('no zip').toString('base64'), ''),
  timestamp: () => fc.constant(1_700_000_000),
};

/** Values of a shape that have its types, and often break its constraints. */
function valueOf(name: string, depth = 0): fc.Arbitrary<unknown> {
  const shape = model.shapes[name];
  const meant = MEANT.find(([names]) => names.test(name));
  if (meant !== undefined && shape?.type === 'string')
    return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...meant[1]) }, fc.constantFrom(...TEXTS), fc.string());
  if (shape === undefined || depth > 6) return fc.constant(null);
  if (shape.type === 'list') return fc.array(valueOf(shape.member ?? '', depth + 1), { maxLength: 2 });
  if (shape.type === 'map') return mapOf(shape, depth);
  if (shape.type === 'structure') return structureOf(shape, depth);
  return PLAIN[shape.type]?.(shape) ?? numberOf(shape);
}

function mapOf({ key = '', value = '' }: AwsShape, depth: number): fc.Arbitrary<unknown> {
  return fc.dictionary(fc.constantFrom('a', ...(model.shapes[key]?.enum ?? [])), valueOf(value, depth + 1));
}

function numberOf({ min = 0, max = 9 }: AwsShape): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(min, max, -1));
}

function structureOf({ members = {}, required = [] }: AwsShape, depth: number): fc.Arbitrary<unknown> {
  const values = Object.entries(members).map(([member, of]) => [
    member,
    valueOf(typeof of === 'string' ? of : of[0], depth + 1),
  ]);
  return fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: required.filter((member) => Object.hasOwn(members, member)),
  });
}

interface Sent {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const requests: fc.Arbitrary<Sent> = fc.constantFrom(...Object.keys(ACTIONS)).chain((operation) => {
  const [, , , shape = ''] = model.operations[operation] ?? [];
  return valueOf(shape).map((input) => ({ operation, input: (input ?? {}) as Sent['input'] }));
});

describe('operations of AWS Lambda', () => {
  let house: AwsHouse;
  before(async () => {
    house = await awsHouse(undefined, { aws: { endpoints: { sqs: 'http://127.0.0.1:1' } } });
    for (const name of ['one', 'two'])
      await house.client.send(new CreateFunctionCommand(newFunction(name, { Publish: true })));
    await house.client.send(new CreateAliasCommand({ FunctionName: 'one', Name: 'prod', FunctionVersion: '1' }));
    await house.client.send(new PublishLayerVersionCommand({ LayerName: 'shared', Content: { ZipFile: codeZip() } }));
  });
  after(() => house[Symbol.asyncDispose]());

  /** The request as clients write it. */
  function send(sent: Sent): Promise<Response> {
    const [method = 'GET', pattern = '/', , shape = ''] = model.operations[sent.operation] ?? [];
    const { members = {}, payload } = model.shapes[shape] ?? { type: 'structure' };
    const given = Object.entries(sent.input).map(([name, value]) => ({ name, value, member: members[name] ?? name }));
    const at = (wanted: AwsLocation): (readonly [string, string])[] =>
      given.flatMap(({ value, member }) => {
        if (typeof member === 'string' || member[1] !== wanted) return [];
        return [[member[2], typeof value === 'string' ? value : JSON.stringify(value)]];
      });
    const [start = '', fixed = ''] = pattern.split('?');
    const path = at('uri').reduce(
      (text, [name, value]) => text.replace(`{${name}}`, () => encodeURIComponent(value)),
      start,
    );
    const query = new URLSearchParams([
      ...new URLSearchParams(fixed),
      ...at('querystring').map(([name, value]) => [name, value]),
    ]);
    const headers = Object.fromEntries(at('header').map(([name, value]) => [name, encodeURIComponent(value)]));
    const inBody = given.filter(({ name, member }) => typeof member === 'string' && name !== payload);
    const document = JSON.stringify(Object.fromEntries(inBody.map(({ name, value }) => [name, value])));
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: document };
    return fetch(`${house.house.url}${path}${query.size === 0 ? '' : `?${query.toString()}`}`, {
      method,
      headers,
      ...body,
    });
  }

  test('never fail by themselves, whatever they are asked', async () => {
    const counts = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(requests, async (sent) => {
        const answer = await send(sent);
        const text = await answer.text();
        counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
        assert.ok(answer.status < 500, `${answer.status}: ${text}`);
        if (answer.status >= 400) assert.notEqual(answer.headers.get('x-amzn-errortype'), null, text);
      }),
      { numRuns: 400, endOnFailure: true },
    );
    // So that it is about operations, not only about what is refused before.
    assert.ok((counts.get(200) ?? 0) + (counts.get(204) ?? 0) > 15, JSON.stringify([...counts]));
  });
});
