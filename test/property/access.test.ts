import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { Authorizers, type AccessHead, type AccessHost } from '../../src/access/index.ts';
import { Arns, DEFAULT_PLACE } from '../../src/contract/index.ts';
import { isLamError } from '../../src/errors/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { isAllowed } from '../../src/access/lambda/policy.ts';
import { asFunctionName } from '../support/ids.ts';

const SECRET = 'a shared secret of 32 bytes or more';
const HOST: AccessHost = {
  clock: systemClock,
  apiKey: () => undefined,
  keys: { hasSigning: false, credential: () => 'unknown' },
  arns: new Arns(DEFAULT_PLACE),
  variable: () => SECRET,
  replays: () => ({ all: () => [], set: () => undefined }),
  invoke: () => Promise.reject(new Error('no authorizer is asked')),
  onTrouble: () => undefined,
};
const NAME = asFunctionName('any');

function headOf(authorization: string): AccessHead {
  return {
    method: 'GET',
    path: '/',
    query: '',
    headers: { authorization },
    rawHeaders: ['Authorization', authorization],
  };
}

/** Status by which a request with this header is refused; 200 if it is accepted. */
async function statusOf(auth: Parameters<Authorizers['of']>[1], authorization: string): Promise<number> {
  const authorizer = new Authorizers(HOST).of(NAME, auth);
  assert.ok(authorizer !== undefined);
  const head = headOf(authorization);
  const early = authorizer.early(head);
  if (early !== undefined) return early.httpStatus;
  const asEvent = (): never => assert.fail('no event is needed');
  const verdict = await authorizer.decide({ head, routeKey: 'GET /', body: Buffer.alloc(0), asEvent });
  return isLamError(verdict) ? verdict.httpStatus : 200;
}

describe('authorizers', () => {
  test('a token with any character changed is refused, and nothing throws', async () => {
    const token = await new SignJWT({ sub: 'ada' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(Buffer.from(SECRET));
    const auth = { type: 'jwt', secret: '${S}' };
    assert.equal(await statusOf(auth, `Bearer ${token}`), 200);
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.string({ minLength: 1, maxLength: 3 }), async (at, put) => {
        const changed = token.slice(0, at) + put + token.slice(at + 1);
        // The last character of a part of base64 has bits that decoders ignore.
        const isSame = changed
          .split('.')
          .every((part, n) =>
            Buffer.from(part, 'base64url').equals(Buffer.from(token.split('.')[n] ?? '', 'base64url')),
          );
        if (!isSame) assert.equal(await statusOf(auth, `Bearer ${changed}`), 401, changed);
      }),
    );
  });

  test('credentials of random text are refused', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((one) => `Bearer ${one}`),
      fc.string().map((one) => `Basic ${Buffer.from(one).toString('base64')}`),
      fc
        .json()
        .map((one) => `Bearer ${Buffer.from(one).toString('base64url')}.${Buffer.from(one).toString('base64url')}.x`),
    );
    const auths = [
      { type: 'jwt', secret: '${S}' },
      { type: 'basic', users: { ada: '${S}' } },
      { type: 'api-key', header: 'Authorization' },
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...auths), text, async (auth, authorization) => {
        assert.equal(await statusOf(auth, authorization), 401);
      }),
    );
  });
});

describe('IAM policies', () => {
  const ARN = 'arn:aws:execute-api:us-east-1:000000000000:any/$default/GET/things/7';
  const pattern = fc
    .array(
      fc.oneof(
        fc.constantFrom('*', '?', '', 'arn:aws:', '/things/', 'GET'),
        fc.nat(ARN.length - 1).map((at) => ARN.charAt(at)),
      ),
      {
        maxLength: 12,
      },
    )
    .map((parts) => parts.join(''));

  test('patterns match what the same regular expression matches', () => {
    const near = fc
      .nat(ARN.length)
      .chain((from) =>
        fc.nat(ARN.length).map((to) => `${ARN.slice(0, Math.min(from, to))}*${ARN.slice(Math.max(from, to))}`),
      );
    fc.assert(
      fc.property(fc.oneof(pattern, near), (Resource) => {
        const escaped = Resource.replaceAll(/[.+^${}()|[\]\\/-]/g, String.raw`\$&`);
        const expected = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(ARN);
        const policy = { Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource }] };
        assert.equal(isAllowed(policy, ARN), expected, Resource);
      }),
    );
  });

  test('a statement that denies wins, in any order', () => {
    const statement = fc.record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: fc.constantFrom('*', 'execute-api:Invoke', 'EXECUTE-API:*', 's3:*'),
      Resource: fc.constantFrom('*', ARN, 'arn:other'),
    });
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (Statement) => {
        const applies = Statement.filter(({ Action, Resource }) => Action !== 's3:*' && Resource !== 'arn:other');
        const expected = applies.length > 0 && applies.every(({ Effect }) => Effect === 'Allow');
        assert.equal(isAllowed({ Statement }, ARN), expected);
        assert.equal(isAllowed({ Statement: Statement.toReversed() }, ARN), expected);
      }),
    );
  });

  test('a policy of any shape decides or is refused, and never throws', () => {
    const isDecided = (policy: unknown): boolean => ['boolean', 'string'].includes(typeof isAllowed(policy, ARN));
    const some = fc.oneof(fc.constantFrom('*', 'execute-api:Invoke', ARN), fc.anything({ withNullPrototype: true }));
    const statement = fc.record({ Effect: fc.constantFrom('Allow', 'Deny'), Action: some, Resource: some });
    fc.assert(fc.property(fc.anything(), isDecided));
    fc.assert(fc.property(fc.anything(), (Statement) => isDecided({ Statement })));
    fc.assert(fc.property(statement, (Statement) => isDecided({ Statement })));
  });

  test('a statement whose Action or Resource is no text is refused', () => {
    const given = [7, {}, Object.create(null), ['*', null]];
    for (const odd of given)
      for (const Statement of [
        { Effect: 'Allow', Action: odd, Resource: '*' },
        { Effect: 'Allow', Action: '*', Resource: odd },
      ])
        assert.equal(isAllowed({ Statement }, ARN), 'a statement whose Action or Resource is no text');
  });
});
