import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  ListProvisionedConcurrencyConfigsCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  type GetProvisionedConcurrencyConfigCommandOutput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { knownVersion } from '../../src/contract/index.ts';
import { awsError, awsHouse, codeZip, newFunction, type AwsHouse } from '../support/aws-house.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';
const PARAMETER = 'InvalidParameterValueException';

describe("provisioned concurrency by AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;

  before(async () => {
    house = await awsHouse(undefined, { memoryBudgetMiB: 2048 });
    ({ client } = house);
  });
  after(() => house[Symbol.asyncDispose]());

  /** A function with the published versions 1 and 2, of which 2 is live. */
  async function withTwo(name: string): Promise<void> {
    await client.send(new CreateFunctionCommand(newFunction(name, { Publish: true })));
    await client.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: codeZip('two'), Publish: true }));
  }
  const put = (FunctionName: string, Qualifier: string, count: number): ReturnType<typeof get> =>
    client.send(
      new PutProvisionedConcurrencyConfigCommand({
        FunctionName,
        Qualifier,
        ProvisionedConcurrentExecutions: count,
      }),
    );
  const get = (FunctionName: string, Qualifier: string): Promise<GetProvisionedConcurrencyConfigCommandOutput> =>
    client.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
  const remove = (FunctionName: string, Qualifier: string): Promise<unknown> =>
    client.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
  async function ready(name: string, qualifier: string): Promise<GetProvisionedConcurrencyConfigCommandOutput> {
    for (;;) {
      const got = await get(name, qualifier);
      if (got.Status === 'READY') return got;
      await new Promise(setImmediate);
    }
  }
  const warm = (name: string, version: number): number =>
    house.house.pool.counts(name as never, knownVersion(version)).idle;
  const missing = awsError(
    'ProvisionedConcurrencyConfigNotFoundException',
    'No Provisioned Concurrency Config found for this function',
  );

  test('starts sandboxes of a version that is not live, and says when they are ready', async () => {
    await withTwo('warm');
    const { $metadata: metadata, LastModified: modified, ...begun } = await put('warm', '1', 2);
    assert.equal(metadata.httpStatusCode, 202);
    assert.match(modified ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.deepEqual(begun, {
      RequestedProvisionedConcurrentExecutions: 2,
      AllocatedProvisionedConcurrentExecutions: 0,
      AvailableProvisionedConcurrentExecutions: 0,
      Status: 'IN_PROGRESS',
    });
    const { $metadata: _, ...is } = await ready('warm', '1');
    assert.deepEqual(is, {
      RequestedProvisionedConcurrentExecutions: 2,
      AllocatedProvisionedConcurrentExecutions: 2,
      AvailableProvisionedConcurrentExecutions: 2,
      Status: 'READY',
      LastModified: modified,
    });
    assert.equal(warm('warm', 1), 2);
    assert.equal(warm('warm', 2), 0);
    const { ExecutedVersion } = await client.send(new InvokeCommand({ FunctionName: 'warm', Qualifier: '1' }));
    assert.equal(ExecutedVersion, '1');
    assert.equal(house.house.pool.counts('warm' as never, knownVersion(1)).starting, 0);
  });

  test('follows an alias to another version, and ends with it', async () => {
    await withTwo('follows');
    await client.send(new CreateAliasCommand({ FunctionName: 'follows', Name: 'prod', FunctionVersion: '1' }));
    await put('follows', 'prod', 1);
    await ready('follows', 'prod');
    assert.equal(warm('follows', 1), 1);
    await client.send(new UpdateAliasCommand({ FunctionName: 'follows', Name: 'prod', FunctionVersion: '2' }));
    await ready('follows', 'prod');
    assert.equal(warm('follows', 2), 1);
    const listed = await client.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'follows' }));
    assert.deepEqual(
      listed.ProvisionedConcurrencyConfigs?.map(({ FunctionArn: arn, Status: status }) => [arn, status]),
      [[`${ARN}follows:prod`, 'READY']],
    );
    await client.send(new DeleteAliasCommand({ FunctionName: 'follows', Name: 'prod' }));
    await client.send(new CreateAliasCommand({ FunctionName: 'follows', Name: 'prod', FunctionVersion: '1' }));
    await assert.rejects(get('follows', 'prod'), missing);
    const none = await client.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'follows' }));
    assert.deepEqual(none.ProvisionedConcurrencyConfigs, []);
  });

  test('is replaced, and removed as often as one likes', async () => {
    await withTwo('replaced');
    await put('replaced', '1', 1);
    await put('replaced', '1', 3);
    assert.equal((await ready('replaced', '1')).AvailableProvisionedConcurrentExecutions, 3);
    await remove('replaced', '1');
    await remove('replaced', '1');
    await assert.rejects(get('replaced', '1'), missing);
    const path = '/2019-09-30/functions/replaced/provisioned-concurrency?Qualifier=1';
    const { headers } = await house.house.ask(path);
    const wire = JSON.parse(Buffer.from(String(headers['x-lam-error']), 'base64').toString()) as { code: string };
    assert.equal(wire.code, 'LAM_AWS_NOT_PROVISIONED');
  });

  test('stays in progress where memory does not suffice', async () => {
    await withTwo('large');
    await put('large', '1', 100);
    const got = await get('large', '1');
    assert.equal(got.Status, 'IN_PROGRESS');
    assert.ok((got.AllocatedProvisionedConcurrentExecutions ?? 100) < 100);
    await remove('large', '1');
  });

  test('is refused in the words of AWS', async () => {
    await withTwo('refuses');
    await client.send(new CreateAliasCommand({ FunctionName: 'refuses', Name: 'prod', FunctionVersion: '1' }));
    await assert.rejects(
      put('refuses', '$LATEST', 1),
      awsError(PARAMETER, 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.'),
    );
    for (const ask of [get, remove])
      await assert.rejects(
        ask('refuses', '$LATEST'),
        awsError(PARAMETER, 'The function resource provided must be an alias or a published version.'),
      );
    await assert.rejects(
      put('refuses', '9', 1),
      awsError('ResourceNotFoundException', `Function not found: ${ARN}refuses:9`),
    );
    await assert.rejects(
      put('refuses', 'other', 1),
      awsError('ResourceNotFoundException', `Cannot find alias arn: ${ARN}refuses:other`),
    );
    await assert.rejects(put('refuses', '1', 0), awsError('ValidationException', /greater than or equal to 1/));
    await assert.rejects(put('refuses', '1', 1001), awsError(PARAMETER, /unreserved concurrency \[1000\]/));
    await client.send(new PutFunctionConcurrencyCommand({ FunctionName: 'refuses', ReservedConcurrentExecutions: 1 }));
    await assert.rejects(put('refuses', '1', 2), awsError(PARAMETER, /reservedConcurrentExecution for function/));
    await put('refuses', '1', 1);
    await assert.rejects(
      put('refuses', 'prod', 1),
      awsError('ResourceConflictException', /on an already Provisioned version$/),
    );
    await remove('refuses', '1');
    await put('refuses', 'prod', 1);
    await assert.rejects(
      put('refuses', '1', 1),
      awsError('ResourceConflictException', 'Version is pointed by a Provisioned Concurrency alias'),
    );
  });
});
