import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import type { CreateApiKeyAnswer } from '../../src/contract/index.ts';
import { systemClock } from '../../src/kit/index.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse } from '../support/edge-house.ts';
import { askSigned, credentialsOf } from '../support/signed-requests.ts';

const refusalOf = ({ status, json }: Answer): unknown[] => [status, json()['code'], json()['Message']];
const FORBIDDEN = [403, 'LAM_ACCESS_FORBIDDEN', 'Forbidden'];
const WRONG = [403, 'LAM_ACCESS_SIGNATURE_WRONG', undefined];

for (const way of WAYS)
  describe(`routes with auth: aws-iam, through ${way}`, () => {
    let house: EdgeHouse;
    let key: CreateApiKeyAnswer;
    let offset = 0;
    before(async () => {
      house = await edgeHouse(
        {
          old: ({ event }) => {
            const answer = { statusCode: 200, body: Buffer.from(event).toString() };
            return Promise.resolve({ kind: 'result', payload: Buffer.from(JSON.stringify(answer)) });
          },
        },
        { clock: { ...systemClock, now: () => systemClock.now() + offset }, way },
      );
      await house.publish('orders', { routes: [{ route: 'ANY /orders/{rest+}', auth: 'aws-iam' }] });
      await house.publish('old', { payload: '1.0', routes: [{ route: 'GET /old', auth: { type: 'aws-iam' } }] });
    });
    after(() => house[Symbol.asyncDispose]());

    test('are closed while no key signs, and say how to make one', async () => {
      const secretAccessKey = 'b'.repeat(40);
      const signed = await askSigned(house, { path: '/orders/1' }, { accessKeyId: 'AKIALAMA', secretAccessKey });
      assert.deepEqual(refusalOf(signed), FORBIDDEN);
      assert.match(String(signed.json()['hint']), /lam key create NAME --scope invoke/);
      const { apiKeys } = house.operations;
      key = await apiKeys.create({ name: 'caller', scopes: ['invoke'], functions: ['orders', 'old'] });
    });

    test('run for signatures in headers, and say who signed in format 2.0', async () => {
      for (const service of ['lambda', 'execute-api'])
        for (const checksum of [true, false]) {
          const request = { method: 'POST', path: '/orders/a%20b', query: { q: 'x y' }, body: '{"a":1}' };
          const answer = await askSigned(house, request, credentialsOf(key), { service, checksum });
          assert.equal(answer.status, 200, answer.text);
          const { authorizer } = answer.json()['requestContext'] as { readonly authorizer: unknown };
          const userId = `AIDA${key.id.toUpperCase()}`;
          const iam = {
            accessKey: key.accessKeyId,
            accountId: '000000000000',
            callerId: userId,
            cognitoIdentity: null,
            principalOrgId: null,
            userArn: 'arn:aws:iam::000000000000:user/caller',
            userId,
          };
          assert.deepEqual(authorizer, { iam });
        }
    });

    test('fill requestContext.identity in format 1.0', async () => {
      const answer = await askSigned(house, { path: '/old' }, credentialsOf(key));
      assert.equal(answer.status, 200, answer.text);
      const { authorizer, identity } = answer.json()['requestContext'] as Record<
        string,
        Record<string, unknown> | null
      >;
      assert.equal(authorizer, null);
      const { accessKey, accountId, caller, user, userArn, sourceIp, cognitoIdentityId } = identity ?? {};
      const userId = `AIDA${key.id.toUpperCase()}`;
      assert.deepEqual([accessKey, accountId, caller, user], [key.accessKeyId, '000000000000', userId, userId]);
      assert.deepEqual([userArn, sourceIp], ['arn:aws:iam::000000000000:user/caller', '127.0.0.1']);
      assert.equal(cognitoIdentityId, null);
    });

    test('run for presigned URLs until they end', async () => {
      const presigned = (expiresIn: number): Promise<Answer> =>
        askSigned(house, { path: '/orders/1', query: { a: 'b' } }, credentialsOf(key), { expiresIn });
      assert.equal((await presigned(60)).status, 200);
      const sent = await askSigned(house, { path: '/orders/1' }, credentialsOf(key), {
        ...{ expiresIn: 60, at: Date.now() - 61_000 },
      });
      assert.deepEqual(refusalOf(sent), WRONG);
    });

    test('run for the credentials of a session of the key, whose id the event has', async () => {
      const settings = { endpoint: house.url, region: 'us-east-1', credentials: credentialsOf(key) };
      const sts = new STSClient(settings);
      const { Credentials: given } = await sts.send(new GetSessionTokenCommand({}));
      sts.destroy();
      const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', SessionToken } = given ?? {};
      assert.ok(SessionToken !== undefined);
      const session = { accessKeyId, secretAccessKey, sessionToken: SessionToken };
      for (const how of [{}, { expiresIn: 60 }]) {
        const answer = await askSigned(house, { path: '/orders/1' }, session, how);
        assert.equal(answer.status, 200, answer.text);
        const { authorizer } = answer.json()['requestContext'] as { authorizer: { iam: Record<string, unknown> } };
        const { accessKey, userArn } = authorizer.iam;
        assert.deepEqual([accessKey, userArn], [accessKeyId, 'arn:aws:iam::000000000000:user/caller']);
      }
      const forged = { ...session, sessionToken: `${SessionToken}x` };
      const refused = await askSigned(house, { path: '/orders/1' }, forged);
      assert.deepEqual([refused.status, refused.json()['code']], [403, 'LAM_ACCESS_CLIENT_UNKNOWN']);
    });

    test('refuse unsigned requests, wrong secrets and changed requests before they run', async () => {
      const before = house.arrivals();
      assert.deepEqual(refusalOf(await house.ask('/orders/1')), FORBIDDEN);
      const bearer = { headers: { authorization: `Bearer ${key.key}` } };
      assert.deepEqual(refusalOf(await house.ask('/orders/1', bearer)), FORBIDDEN);
      const right = credentialsOf(key);
      const wrong = { ...right, secretAccessKey: 'c'.repeat(40) };
      assert.deepEqual(refusalOf(await askSigned(house, { path: '/orders/1' }, wrong)), WRONG);
      assert.deepEqual(refusalOf(await askSigned(house, { path: '/orders/1' }, wrong, { expiresIn: 60 })), WRONG);
      const post = { method: 'POST', path: '/orders/1', body: 'as signed' };
      for (const checksum of [true, false])
        assert.deepEqual(refusalOf(await askSigned(house, post, right, { checksum, sends: 'changed' })), WRONG);
      const unsigned = { ...post, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };
      assert.deepEqual(refusalOf(await askSigned(house, unsigned, right)), WRONG);
      assert.deepEqual(refusalOf(await askSigned(house, { path: '/orders/1' }, right, { service: 's3' })), WRONG);
      assert.equal(house.arrivals(), before);
    });

    test('refuse keys of other functions, without the scope, and ended or revoked ones', async () => {
      const { apiKeys, audit } = house.operations;
      const before = house.arrivals();
      const other = await apiKeys.create({ name: 'other', scopes: ['invoke'], functions: ['else'] });
      const reader = await apiKeys.create({ name: 'reader', scopes: ['read'] });
      for (const unfit of [other, reader]) {
        const answer = await askSigned(house, { path: '/orders/1' }, credentialsOf(unfit));
        assert.deepEqual(refusalOf(answer), FORBIDDEN);
        assert.match(String(answer.json()['hint']), /lam key create NAME --scope invoke --function orders$/);
      }
      const admin = await apiKeys.create({ name: 'admin', scopes: ['admin'] });
      assert.equal((await askSigned(house, { path: '/orders/1' }, credentialsOf(admin))).status, 200);
      const short = await apiKeys.create({ name: 'short', scopes: ['invoke'], lifetimeMs: 60_000 });
      assert.equal((await askSigned(house, { path: '/orders/1' }, credentialsOf(short))).status, 200);
      offset = 61_000;
      const ended = await askSigned(house, { path: '/orders/1' }, credentialsOf(short));
      offset = 0;
      assert.equal(ended.json()['code'], 'LAM_ACCESS_TOKEN_EXPIRED');
      await apiKeys.revoke('short');
      const revoked = await askSigned(house, { path: '/orders/1' }, credentialsOf(short));
      assert.equal(revoked.json()['code'], 'LAM_ACCESS_CLIENT_UNKNOWN');
      assert.equal(house.arrivals(), before + 2);
      const noted = await audit.query({ outcome: 'refused', key: 'reader' });
      assert.deepEqual(
        noted.map(({ operation, function: name, code }) => [operation, name, code]),
        [['ANY /orders/{rest+}', 'orders', 'LAM_ACCESS_FORBIDDEN']],
      );
    });
  });
