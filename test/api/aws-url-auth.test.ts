import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  LambdaClient,
  ListFunctionUrlConfigsCommand,
  PublishVersionCommand,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda';
import type { CreateApiKeyAnswer } from '../../src/contract/index.ts';
import { newFunction } from '../support/aws-house.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';
import { askSigned, credentialsOf } from '../support/signed-requests.ts';

describe("AuthType of function URLs by AWS's own client", () => {
  let house: EdgeHouse;
  let client: LambdaClient;
  let key: CreateApiKeyAnswer;
  before(async () => {
    house = await edgeHouse();
    const { apiKeys } = house.operations;
    const admin = await apiKeys.create({ name: 'owner', scopes: ['admin'] });
    const credentials = credentialsOf(admin);
    client = new LambdaClient({ endpoint: house.url, region: 'us-east-1', maxAttempts: 1, credentials });
    key = await apiKeys.create({ name: 'caller', scopes: ['invoke'], functions: ['shut*'] });
  });
  after(async () => {
    client.destroy();
    await house[Symbol.asyncDispose]();
  });

  const statusOf = async (path: string): Promise<number> => (await house.ask(path)).status;
  const signedStatusOf = async (path: string): Promise<number> =>
    (await askSigned(house, { method: 'POST', path, body: '{}' }, credentialsOf(key))).status;
  const authTypeOf = async (FunctionName: string, Qualifier?: string): Promise<string | undefined> =>
    (await client.send(new GetFunctionUrlConfigCommand({ FunctionName, Qualifier }))).AuthType;

  test('AWS_IAM closes the URL to whoever does not sign, until NONE opens it', async () => {
    const FunctionName = 'shut';
    await client.send(new CreateFunctionCommand(newFunction(FunctionName)));
    assert.equal(await statusOf('/shut/'), 200);
    const made = await client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'AWS_IAM' }));
    assert.deepEqual([made.AuthType, await authTypeOf(FunctionName)], ['AWS_IAM', 'AWS_IAM']);
    const { pathname } = new URL(made.FunctionUrl ?? '');
    for (const path of [pathname, '/shut', '/shut/a?b=c', '/shut:1', '/shut:1/a', '/shut:$LATEST'])
      assert.ok([403, 404].includes(await statusOf(path)), path);
    assert.equal(await statusOf(pathname), 403);
    assert.equal(await signedStatusOf(pathname), 200);
    const other = await house.operations.apiKeys.create({ name: 'other', scopes: ['invoke'], functions: ['else'] });
    assert.equal((await askSigned(house, { path: pathname }, credentialsOf(other))).status, 403);
    const control = await house.control(pathname);
    assert.equal(control.status, 403);

    await client.send(new UpdateFunctionUrlConfigCommand({ FunctionName, InvokeMode: 'RESPONSE_STREAM' }));
    assert.deepEqual([await authTypeOf(FunctionName), await statusOf(pathname)], ['AWS_IAM', 403]);
    await client.send(new UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
    const { FunctionUrlConfigs: all } = await client.send(new ListFunctionUrlConfigsCommand({ FunctionName }));
    assert.deepEqual(
      all?.map(({ AuthType }) => AuthType),
      ['NONE'],
    );
    assert.equal(await statusOf(pathname), 200);
  });

  test('a deleted configuration opens nothing, and a new version neither', async () => {
    const FunctionName = 'shut-on';
    await client.send(new CreateFunctionCommand(newFunction(FunctionName)));
    await client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'AWS_IAM' }));
    await house.publish(FunctionName);
    assert.equal(await statusOf('/shut-on/'), 403);
    await client.send(new DeleteFunctionUrlConfigCommand({ FunctionName }));
    assert.deepEqual([await statusOf('/shut-on/'), await signedStatusOf('/shut-on/')], [403, 200]);
    await client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
    assert.equal(await statusOf('/shut-on/'), 200);
    await client.send(new DeleteFunctionUrlConfigCommand({ FunctionName }));
    assert.equal(await statusOf('/shut-on/'), 200);
  });

  test('versions and aliases are no way around it, unless they were opened', async () => {
    const FunctionName = 'shut-all';
    await client.send(new CreateFunctionCommand(newFunction(FunctionName)));
    await client.send(new PublishVersionCommand({ FunctionName }));
    const alias = { FunctionName, Name: 'toString', FunctionVersion: '1' };
    await client.send(new CreateAliasCommand(alias));
    const qualified = { FunctionName, Qualifier: 'toString' };
    const paths = ['/shut-all', '/shut-all:1', '/shut-all:toString'];
    const statuses = async (): Promise<number[]> => Promise.all(paths.map(statusOf));
    assert.deepEqual(await statuses(), [200, 200, 200]);
    await client.send(new CreateFunctionUrlConfigCommand({ ...qualified, AuthType: 'AWS_IAM' }));
    assert.deepEqual(await statuses(), [403, 403, 403]);
    assert.deepEqual(await Promise.all(paths.map(signedStatusOf)), [200, 200, 200]);
    await client.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
    assert.deepEqual(await statuses(), [200, 403, 403]);
    // An alias that lam removes and sets again has the URL that AWS's API goes on to show.
    const at = '/_lam/v1/functions/shut-all/aliases/toString';
    assert.equal((await house.control(at, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await statuses(), [200, 200, 404]);
    assert.equal((await house.control(at, { method: 'PUT', body: '{"version":1}' })).status, 200);
    assert.deepEqual([await authTypeOf(FunctionName, 'toString'), await statuses()], ['AWS_IAM', [200, 403, 403]]);
    await client.send(new UpdateFunctionUrlConfigCommand({ ...qualified, AuthType: 'NONE' }));
    assert.deepEqual(await statuses(), [200, 200, 200]);
  });
});
