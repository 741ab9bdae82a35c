import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GetRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, GetFederationTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { awsError } from '../support/aws-house.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

describe('STS and IAM', () => {
  let house: EdgeHouse;
  let sts: STSClient;
  let iam: IAMClient;

  before(async () => {
    house = await edgeHouse();
    const settings = {
      endpoint: house.url,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    sts = new STSClient(settings);
    iam = new IAMClient(settings);
  });
  after(async () => {
    sts.destroy();
    iam.destroy();
    await house[Symbol.asyncDispose]();
  });

  test('name the account that ARNs have here', async () => {
    const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand({}));
    assert.deepEqual([Account, Arn, UserId], ['000000000000', 'arn:aws:iam::000000000000:root', '000000000000']);
  });

  test('know any role, the same at each request, as one that Lambda may assume', async () => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'a+role=1' }));
    const { Role: again } = await iam.send(new GetRoleCommand({ RoleName: 'a+role=1' }));
    assert.deepEqual(Role, again);
    assert.equal(Role?.Arn, 'arn:aws:iam::000000000000:role/a+role=1');
    assert.match(Role.RoleId ?? '', /^AROA[0-9A-F]{17}$/);
    assert.ok(Role.CreateDate instanceof Date);
    const policy = JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument ?? '')) as {
      Statement: { Principal: unknown }[];
    };
    assert.deepEqual(policy.Statement[0]?.Principal, { Service: 'lambda.amazonaws.com' });
  });

  test('refuse names that no role can have', async () => {
    const get = (RoleName: string): Promise<unknown> => iam.send(new GetRoleCommand({ RoleName }));
    await assert.rejects(get('no/slash'), awsError('ValidationError', /roleName is invalid/));
    await assert.rejects(get('x'.repeat(65)), awsError('ValidationError', /less than or equal to 64/));
  });

  test('refuse other actions by name', async () => {
    await assert.rejects(
      sts.send(new GetFederationTokenCommand({ Name: 'a' })),
      awsError('InvalidAction', "lam does not serve GetFederationToken of STS's API"),
    );
    await assert.rejects(
      iam.send(new ListRolesCommand({})),
      awsError('InvalidAction', "lam does not serve ListRoles of IAM's API"),
    );
  });

  test('answer XML, to requests that are signed for them alone', async () => {
    const scope = (service: string): Record<string, string> => ({
      authorization: `AWS4-HMAC-SHA256 Credential=a/20260131/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      'content-type': 'application/x-www-form-urlencoded',
    });
    const send = (body: string, headers: Record<string, string>): ReturnType<EdgeHouse['ask']> =>
      house.ask('/', { method: 'POST', body, headers });
    const known = await send('Action=GetCallerIdentity&Version=2011-06-15', scope('sts'));
    assert.deepEqual([known.status, known.headers['content-type']], [200, 'text/xml']);
    assert.match(known.text, /^<GetCallerIdentityResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/">/);
    const odd = await send('Action=%3Cb%3E&Version=1', scope('iam'));
    assert.equal(odd.status, 400);
    assert.match(odd.text, /<Code>InvalidAction<\/Code><Message>lam does not serve &lt;b&gt; of IAM's API<\/Message>/);
    assert.equal(
      (await send('Action=GetRole&Version=1', { ...scope('iam'), origin: 'http://example.com' })).status,
      403,
    );
    await house.publish('root', { triggers: [{ type: 'http', route: 'POST /' }] });
    for (const headers of [{}, scope('sqs')])
      assert.equal((await send('Action=GetCallerIdentity', headers)).json()['routeKey'], 'POST /');
  });
});
