import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteAliasCommand,
  DeleteFunctionEventInvokeConfigCommand,
  DeleteFunctionUrlConfigCommand,
  DeleteLayerVersionCommand,
  GetAccountSettingsCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionRecursionConfigCommand,
  GetFunctionUrlConfigCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  GetPolicyCommand,
  GetRuntimeManagementConfigCommand,
  InvokeAsyncCommand,
  ListFunctionEventInvokeConfigsCommand,
  ListFunctionUrlConfigsCommand,
  ListLayersCommand,
  ListLayerVersionsCommand,
  ListTagsCommand,
  PublishLayerVersionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  PutFunctionRecursionConfigCommand,
  PutRuntimeManagementConfigCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionConfigurationCommand,
  UpdateFunctionEventInvokeConfigCommand,
  UpdateFunctionUrlConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { awsError, awsHouse, newFunction, type AwsHouse } from '../support/aws-house.ts';
import { zipOf } from '../unit/store/support.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';
const LAYER = 'arn:aws:lambda:us-east-1:000000000000:layer:';
const PARAMETER = 'InvalidParameterValueException';
const MISSING = 'ResourceNotFoundException';

describe("settings of functions by AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;
  const ran = Promise.withResolvers<string>();
  before(async () => {
    house = await awsHouse({
      later: (call) => {
        ran.resolve(Buffer.from(call.event).toString());
        return Promise.resolve({ kind: 'result', payload: call.event });
      },
    });
    ({ client } = house);
  });
  after(() => house[Symbol.asyncDispose]());
  const create = (name: string, more = {}): Promise<unknown> =>
    client.send(new CreateFunctionCommand(newFunction(name, more)));

  test('reserved concurrency is a live setting of lam', async () => {
    const of = { FunctionName: 'reserved' };
    await create('reserved');
    assert.equal((await client.send(new GetFunctionConcurrencyCommand(of))).ReservedConcurrentExecutions, undefined);
    await client.send(new PutFunctionConcurrencyCommand({ ...of, ReservedConcurrentExecutions: 7 }));
    assert.equal((await client.send(new GetFunctionConcurrencyCommand(of))).ReservedConcurrentExecutions, 7);
    const { Concurrency: seen } = await client.send(new GetFunctionCommand(of));
    assert.deepEqual(seen, { ReservedConcurrentExecutions: 7 });
    assert.equal(house.house.registry.detail('reserved' as never).config.reservedConcurrency, 7);
    const account = await client.send(new GetAccountSettingsCommand({}));
    assert.equal(account.AccountLimit?.UnreservedConcurrentExecutions, 993);
    assert.equal(account.AccountUsage?.FunctionCount, house.house.registry.list().length);
    await assert.rejects(
      client.send(new PutFunctionConcurrencyCommand({ ...of, ReservedConcurrentExecutions: 901 })),
      awsError(
        PARAMETER,
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
      ),
    );
    await assert.rejects(
      client.send(new PutFunctionConcurrencyCommand({ FunctionName: 'reserved:1', ReservedConcurrentExecutions: 1 })),
      awsError(PARAMETER, /^This operation is permitted on Lambda functions only\./),
    );
    await client.send(new DeleteFunctionConcurrencyCommand(of));
    assert.equal((await client.send(new GetFunctionConcurrencyCommand(of))).ReservedConcurrentExecutions, undefined);
  });

  test('tags are added, listed and removed', async () => {
    await create('tagged', { Tags: { a: '1' } });
    const Resource = `${ARN}tagged`;
    await client.send(new TagResourceCommand({ Resource, Tags: { b: '2', c: '3' } }));
    await client.send(new UntagResourceCommand({ Resource, TagKeys: ['a', 'c'] }));
    assert.deepEqual((await client.send(new ListTagsCommand({ Resource }))).Tags, { b: '2' });
    await assert.rejects(
      client.send(new TagResourceCommand({ Resource: `${Resource}:1`, Tags: { b: '2' } })),
      awsError(PARAMETER, /aliases and versions are not supported/),
    );
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, '']));
    await assert.rejects(
      create('overtagged', { Tags: many }),
      awsError(PARAMETER, 'Number of tags exceeds resource tag limit.'),
    );
  });

  test('a resource policy has the statements that were added', async () => {
    await create('policed');
    const of = { FunctionName: 'policed' };
    const s3 = { ...of, StatementId: 's3', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' };
    await assert.rejects(
      client.send(new GetPolicyCommand(of)),
      awsError(MISSING, 'The resource you requested does not exist.'),
    );
    const added = await client.send(
      new AddPermissionCommand({ ...s3, SourceArn: 'arn:aws:s3:::bucket', SourceAccount: '000000000000' }),
    );
    const statement = {
      Sid: 's3',
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Resource: `${ARN}policed`,
      Condition: {
        StringEquals: { 'AWS:SourceAccount': '000000000000' },
        ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::bucket' },
      },
    };
    assert.deepEqual(JSON.parse(added.Statement ?? ''), statement);
    const policy = await client.send(new GetPolicyCommand(of));
    assert.deepEqual(JSON.parse(policy.Policy ?? ''), { Version: '2012-10-17', Id: 'default', Statement: [statement] });
    await assert.rejects(
      client.send(new AddPermissionCommand(s3)),
      awsError('ResourceConflictException', /^The statement id \(s3\) provided already exists\./),
    );
    await assert.rejects(
      client.send(new RemovePermissionCommand({ ...of, StatementId: 'none' })),
      awsError(MISSING, 'Statement none is not found in resource policy.'),
    );
    await assert.rejects(
      client.send(new RemovePermissionCommand({ ...of, StatementId: 's3', RevisionId: 'stale' })),
      awsError('PreconditionFailedException', /Revision Id/),
    );
    await client.send(new RemovePermissionCommand({ ...of, StatementId: 's3', RevisionId: policy.RevisionId }));
    await assert.rejects(client.send(new GetPolicyCommand(of)), awsError(MISSING, /does not exist/));
  });

  test('of statements that saw the same revision of a policy, one is added', async () => {
    await create('raced');
    const of = { FunctionName: 'raced', Action: 'lambda:InvokeFunction', Principal: '*' };
    await client.send(new AddPermissionCommand({ ...of, StatementId: 'first' }));
    const { RevisionId } = await client.send(new GetPolicyCommand(of));
    const all = await Promise.allSettled(
      ['a', 'b', 'c'].map((StatementId) => client.send(new AddPermissionCommand({ ...of, StatementId, RevisionId }))),
    );
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  test('an alias leaves no policy and no URL to a later one of its name', async () => {
    await create('renewed', { Publish: true });
    const alias = { FunctionName: 'renewed', Name: 'prod' };
    const of = { FunctionName: 'renewed', Qualifier: 'prod' };
    const remove = {
      api: () => client.send(new DeleteAliasCommand(alias)),
      lam: () => house.house.registry.deleteAlias('renewed' as never, 'prod' as never),
    };
    for (const by of ['api', 'lam'] as const) {
      await client.send(new CreateAliasCommand({ ...alias, FunctionVersion: '1' }));
      await client.send(
        new AddPermissionCommand({ ...of, StatementId: 's', Action: 'lambda:InvokeFunction', Principal: '*' }),
      );
      await client.send(new CreateFunctionUrlConfigCommand({ ...of, AuthType: 'NONE' }));
      await remove[by]();
      const { FunctionUrlConfigs: all } = await client.send(
        new ListFunctionUrlConfigsCommand({ FunctionName: 'renewed' }),
      );
      assert.deepEqual(all, []);
    }
    await client.send(new CreateAliasCommand({ ...alias, FunctionVersion: '1' }));
    await assert.rejects(client.send(new GetPolicyCommand(of)), awsError(MISSING, /does not exist/));
    await assert.rejects(client.send(new GetFunctionUrlConfigCommand(of)), awsError(MISSING, /does not exist/));
  });

  test('settings of asynchronous invocations are those of the live version', async () => {
    await create('audit');
    await create('evented');
    const of = { FunctionName: 'evented' };
    await assert.rejects(
      client.send(new GetFunctionEventInvokeConfigCommand(of)),
      awsError(MISSING, `The function ${ARN}evented:$LATEST doesn't have an EventInvokeConfig`),
    );
    const to = { OnFailure: { Destination: `${ARN}audit` } };
    const put = await client.send(
      new PutFunctionEventInvokeConfigCommand({ ...of, MaximumRetryAttempts: 1, DestinationConfig: to }),
    );
    assert.equal(put.FunctionArn, `${ARN}evented:$LATEST`);
    assert.ok(put.LastModified instanceof Date);
    assert.deepEqual(put.DestinationConfig, { OnSuccess: {}, ...to });
    const { config } = house.house.registry.detail('evented' as never);
    assert.equal(config.maximumRetryAttempts, 1);
    assert.deepEqual(config.onFailure, { type: 'function', function: 'audit' });
    const updated = await client.send(
      new UpdateFunctionEventInvokeConfigCommand({ ...of, MaximumEventAgeInSeconds: 60 }),
    );
    assert.deepEqual([updated.MaximumRetryAttempts, updated.MaximumEventAgeInSeconds], [1, 60]);
    const { FunctionEventInvokeConfigs: all } = await client.send(new ListFunctionEventInvokeConfigsCommand(of));
    assert.equal(all?.length, 1);
    await assert.rejects(
      client.send(new PutFunctionEventInvokeConfigCommand(of)),
      awsError(PARAMETER, 'You must specify at least one of error handling or destination setting.'),
    );
    await assert.rejects(
      client.send(
        new PutFunctionEventInvokeConfigCommand({
          ...of,
          DestinationConfig: { OnFailure: { Destination: `${ARN}evented` } },
        }),
      ),
      awsError(PARAMETER, "You can't specify the function as a destination for itself."),
    );
    const toAlias = { OnFailure: { Destination: `${ARN}audit:prod` } };
    await assert.rejects(
      client.send(new PutFunctionEventInvokeConfigCommand({ ...of, DestinationConfig: toAlias })),
      awsError(PARAMETER, "lam sends records to the live version: leave out the qualifier 'prod'"),
    );
    await client.send(new DeleteFunctionEventInvokeConfigCommand(of));
    assert.equal(house.house.registry.detail('evented' as never).config.maximumRetryAttempts, 2);
  });

  test('settings of asynchronous invocations follow a deploy', async () => {
    await create('audit-merged');
    await create('merged');
    const of = { FunctionName: 'merged' };
    const to = { OnFailure: { Destination: `${ARN}audit-merged` } };
    await client.send(
      new PutFunctionEventInvokeConfigCommand({ ...of, MaximumRetryAttempts: 1, DestinationConfig: to }),
    );
    const onSuccess = { type: 'function', function: 'audit-merged' } as never;
    await house.house.publish('merged', { maximumRetryAttempts: 0, onSuccess });
    const seen = await client.send(new GetFunctionEventInvokeConfigCommand(of));
    assert.equal(seen.MaximumRetryAttempts, 0);
    assert.deepEqual(seen.DestinationConfig, { OnSuccess: to.OnFailure, OnFailure: {} });
    await client.send(new UpdateFunctionEventInvokeConfigCommand({ ...of, MaximumEventAgeInSeconds: 60 }));
    const { config } = house.house.registry.detail('merged' as never);
    assert.deepEqual([config.maximumRetryAttempts, config.maximumEventAgeMs], [0, 60_000]);
    assert.deepEqual([config.onSuccess, config.onFailure], [onSuccess, null]);
  });

  test('a function URL is the one at which lam serves the function', async () => {
    await create('surfed');
    const of = { FunctionName: 'surfed' };
    const made = await client.send(new CreateFunctionUrlConfigCommand({ ...of, AuthType: 'NONE' }));
    assert.equal(made.FunctionUrl, `${house.house.url}/surfed/`);
    assert.equal(made.InvokeMode, undefined);
    assert.equal((await fetch(made.FunctionUrl)).status, 200);
    assert.equal((await client.send(new GetFunctionUrlConfigCommand(of))).InvokeMode, 'BUFFERED');
    await client.send(new UpdateFunctionUrlConfigCommand({ ...of, InvokeMode: 'RESPONSE_STREAM' }));
    const { FunctionUrlConfigs: all } = await client.send(new ListFunctionUrlConfigsCommand(of));
    assert.deepEqual(
      all?.map(({ InvokeMode }) => InvokeMode),
      ['RESPONSE_STREAM'],
    );
    await assert.rejects(
      client.send(new CreateFunctionUrlConfigCommand({ ...of, AuthType: 'NONE' })),
      awsError(
        'ResourceConflictException',
        `Failed to create function url config for [functionArn = ${ARN}surfed]. Error message:  FunctionUrlConfig exists for this Lambda function`,
      ),
    );
    await client.send(new DeleteFunctionUrlConfigCommand(of));
    await assert.rejects(client.send(new GetFunctionUrlConfigCommand(of)), awsError(MISSING, /does not exist/));
  });

  test('a layer is published, described, used and deleted', async () => {
    const zip = zipOf([{ name: 'nodejs/node_modules/dep/index.js', content: 'exports.a = 1;' }]);
    const made = await client.send(
      new PublishLayerVersionCommand({ LayerName: 'deps', Description: 'what all need', Content: { ZipFile: zip } }),
    );
    assert.deepEqual([made.LayerArn, made.LayerVersionArn, made.Version], [`${LAYER}deps`, `${LAYER}deps:1`, 1]);
    const location = made.Content?.Location ?? '';
    assert.equal((await fetch(location)).headers.get('content-type'), 'application/zip');
    const byArn = await client.send(new GetLayerVersionByArnCommand({ Arn: `${LAYER}deps:1` }));
    assert.equal(byArn.Description, 'what all need');
    const { Layers: layers } = await client.send(new ListLayersCommand({}));
    assert.deepEqual(
      layers?.map(({ LayerName }) => LayerName),
      ['deps'],
    );
    const { LayerVersions: versions } = await client.send(new ListLayerVersionsCommand({ LayerName: 'deps' }));
    assert.deepEqual(
      versions?.map(({ Version }) => Version),
      [1],
    );
    await create('layered', { Layers: [`${LAYER}deps:1`] });
    const { Configuration: configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'layered' }));
    assert.deepEqual(
      configuration?.Layers?.map(({ Arn }) => Arn),
      [`${LAYER}deps:1`],
    );
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'layered', Layers: [] }));
    assert.equal(house.house.registry.detail('layered' as never).config.layers, null);
    await assert.rejects(
      create('astray', { Layers: [`${LAYER}deps:9`] }),
      awsError(PARAMETER, `Layer version ${LAYER}deps:9 does not exist.`),
    );
    for (let twice = 0; twice < 2; twice++)
      await client.send(new DeleteLayerVersionCommand({ LayerName: 'deps', VersionNumber: 1 }));
    await assert.rejects(
      client.send(new GetLayerVersionCommand({ LayerName: 'deps', VersionNumber: 1 })),
      awsError(MISSING, /does not exist/),
    );
  });

  test('what lam does in one way only is said', async () => {
    await create('plain');
    const of = { FunctionName: 'plain' };
    assert.equal((await client.send(new GetRuntimeManagementConfigCommand(of))).UpdateRuntimeOn, 'Auto');
    await client.send(new PutRuntimeManagementConfigCommand({ ...of, UpdateRuntimeOn: 'FunctionUpdate' }));
    assert.equal((await client.send(new GetRuntimeManagementConfigCommand(of))).UpdateRuntimeOn, 'FunctionUpdate');
    assert.equal((await client.send(new GetFunctionRecursionConfigCommand(of))).RecursiveLoop, 'Terminate');
    await assert.rejects(
      client.send(new PutFunctionRecursionConfigCommand({ ...of, RecursiveLoop: 'Allow' })),
      awsError(PARAMETER, /Terminate/),
    );
    const signing = await client.send(new GetFunctionCodeSigningConfigCommand(of));
    assert.deepEqual([signing.FunctionName, signing.CodeSigningConfigArn], [undefined, undefined]);
  });

  test('InvokeAsync queues an event', async () => {
    await create('later');
    const answer = await client.send(new InvokeAsyncCommand({ FunctionName: 'later', InvokeArgs: '{"a":1}' }));
    assert.equal(answer.Status, 202);
    assert.equal(await ran.promise, '{"a":1}');
    await assert.rejects(
      client.send(new InvokeAsyncCommand({ FunctionName: 'later', InvokeArgs: '{' })),
      awsError('InvalidRequestContentException', /^Could not parse request body into json/),
    );
  });
});
