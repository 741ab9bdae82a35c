import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  AddLayerVersionPermissionCommand,
  CreateCodeSigningConfigCommand,
  CreateFunctionCommand,
  DeleteCodeSigningConfigCommand,
  DeleteFunctionCodeSigningConfigCommand,
  DeleteLayerVersionCommand,
  GetCodeSigningConfigCommand,
  GetFunctionCodeSigningConfigCommand,
  GetLayerVersionPolicyCommand,
  ListCodeSigningConfigsCommand,
  ListFunctionsByCodeSigningConfigCommand,
  ListTagsCommand,
  PublishLayerVersionCommand,
  PutFunctionCodeSigningConfigCommand,
  RemoveLayerVersionPermissionCommand,
  TagResourceCommand,
  UpdateCodeSigningConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { awsError, awsHouse, codeZip, newFunction, type AwsHouse } from '../support/aws-house.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:';
const PROFILE = 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/abcdefghij';
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/;

describe("what lam keeps for AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;
  before(async () => {
    house = await awsHouse();
    ({ client } = house);
  });
  after(() => house[Symbol.asyncDispose]());

  test('code signing configurations are created, changed, listed and deleted', async () => {
    const publishers = { SigningProfileVersionArns: [PROFILE] };
    const made = await client.send(
      new CreateCodeSigningConfigCommand({ AllowedPublishers: publishers, Description: 'mine', Tags: { a: '1' } }),
    );
    assert.equal(made.$metadata.httpStatusCode, 201);
    const {
      CodeSigningConfigArn: arn = '',
      CodeSigningConfigId: id,
      LastModified: _,
      ...rest
    } = made.CodeSigningConfig ?? {};
    assert.match(arn, /^arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-[0-9a-f]{17}$/);
    assert.equal(arn.split(':').at(-1), id);
    assert.deepEqual(rest, {
      Description: 'mine',
      AllowedPublishers: publishers,
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Warn' },
    });
    const changed = await client.send(
      new UpdateCodeSigningConfigCommand({
        CodeSigningConfigArn: arn,
        CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Enforce' },
      }),
    );
    assert.deepEqual(changed.CodeSigningConfig?.CodeSigningPolicies, { UntrustedArtifactOnDeployment: 'Enforce' });
    assert.equal(changed.CodeSigningConfig.Description, 'mine');
    const got = await client.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn: arn }));
    assert.deepEqual(got.CodeSigningConfig, changed.CodeSigningConfig);
    const { CodeSigningConfigs: all } = await client.send(new ListCodeSigningConfigsCommand({}));
    assert.deepEqual(all, [changed.CodeSigningConfig]);
    await client.send(new TagResourceCommand({ Resource: arn, Tags: { b: '2' } }));
    assert.deepEqual((await client.send(new ListTagsCommand({ Resource: arn }))).Tags, { a: '1', b: '2' });

    const name = 'signed';
    await client.send(new CreateFunctionCommand(newFunction(name, { CodeSigningConfigArn: arn })));
    const ofName = new GetFunctionCodeSigningConfigCommand({ FunctionName: name });
    const { $metadata: _of, ...association } = await client.send(ofName);
    assert.deepEqual(association, { CodeSigningConfigArn: arn, FunctionName: name });
    const users = new ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn: arn });
    assert.deepEqual((await client.send(users)).FunctionArns, [`${ARN}function:${name}`]);
    const remove = new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn: arn });
    await assert.rejects(client.send(remove), awsError('ResourceConflictException', /in use by a function/));
    await client.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: name }));
    assert.deepEqual((await client.send(users)).FunctionArns, []);
    assert.equal((await client.send(ofName)).CodeSigningConfigArn, undefined);
    const put = new PutFunctionCodeSigningConfigCommand({ FunctionName: name, CodeSigningConfigArn: arn });
    assert.equal((await client.send(put)).CodeSigningConfigArn, arn);
    await client.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: name }));

    assert.equal((await client.send(remove)).$metadata.httpStatusCode, 204);
    const missing = awsError(
      'ResourceNotFoundException',
      `The Lambda code signing configuration ${arn} can not be found.`,
    );
    await assert.rejects(client.send(remove), missing);
    await assert.rejects(client.send(users), missing);
    const gone = awsError(
      'CodeSigningConfigNotFoundException',
      `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
    );
    await assert.rejects(client.send(put), gone);
    const orphan = newFunction('orphan', { CodeSigningConfigArn: arn });
    await assert.rejects(client.send(new CreateFunctionCommand(orphan)), gone);
    assert.ok(!house.house.operations.functions.names().includes('orphan' as never));
    const { headers } = await house.house.ask(`/2020-06-30/functions/${name}/code-signing-config`, {
      method: 'PUT',
      body: JSON.stringify({ CodeSigningConfigArn: arn }),
    });
    const wire = JSON.parse(Buffer.from(String(headers['x-lam-error']), 'base64').toString()) as { code: string };
    assert.equal(wire.code, 'LAM_AWS_NO_CODE_SIGNING');
  });

  test('policies of layer versions are added to, returned and removed, with revisions', async () => {
    const layer = { LayerName: 'shared', VersionNumber: 1 };
    await client.send(new PublishLayerVersionCommand({ LayerName: 'shared', Content: { ZipFile: codeZip() } }));
    const add = (more: object = {}): Promise<{ Statement?: string; RevisionId?: string }> =>
      client.send(
        new AddLayerVersionPermissionCommand({
          ...layer,
          StatementId: 'all',
          Action: 'lambda:GetLayerVersion',
          Principal: '*',
          ...more,
        }),
      ) as Promise<{ Statement?: string; RevisionId?: string }>;
    const get = new GetLayerVersionPolicyCommand(layer);
    const none = awsError('ResourceNotFoundException', 'No policy is associated with the given resource.');
    await assert.rejects(client.send(get), none);
    const first = await add();
    const all = {
      Sid: 'all',
      Effect: 'Allow',
      Principal: '*',
      Action: 'lambda:GetLayerVersion',
      Resource: `${ARN}layer:shared:1`,
    };
    assert.deepEqual(JSON.parse(first.Statement ?? ''), all);
    assert.match(first.RevisionId ?? '', ID);
    await assert.rejects(add(), awsError('ResourceConflictException', /^The statement id \(all\) provided already/));
    await assert.rejects(
      add({ StatementId: 'late', RevisionId: 'stale' }),
      awsError('PreconditionFailedException', /Revision Id/),
    );
    const second = await add({
      StatementId: 'one',
      Principal: '123456789012',
      OrganizationId: 'o-abcdefghij',
      RevisionId: first.RevisionId,
    });
    assert.notEqual(second.RevisionId, first.RevisionId);
    const { Policy: policy = '', RevisionId: revision } = await client.send(get);
    assert.equal(revision, second.RevisionId);
    assert.deepEqual(JSON.parse(policy), {
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        all,
        {
          ...all,
          Sid: 'one',
          Principal: { AWS: 'arn:aws:iam::123456789012:root' },
          Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } },
        },
      ],
    });
    const remove = (StatementId: string): Promise<unknown> =>
      client.send(new RemoveLayerVersionPermissionCommand({ ...layer, StatementId }));
    await remove('all');
    await assert.rejects(
      remove('all'),
      awsError('ResourceNotFoundException', 'Statement all is not found in resource policy.'),
    );
    await remove('one');
    await assert.rejects(client.send(get), none);
    await assert.rejects(
      add({ VersionNumber: 9 }),
      awsError('ResourceNotFoundException', `Layer version ${ARN}layer:shared:9 does not exist.`),
    );
    await assert.rejects(add({ Action: 'lambda:Invoke' }), awsError('ValidationException', /lambda:GetLayerVersion/));
    await add();
    await client.send(new DeleteLayerVersionCommand(layer));
    await assert.rejects(client.send(get), awsError('ResourceNotFoundException', /does not exist/));
    assert.deepEqual(house.house.operations.account.keys('aws-lambda layer-policy '), []);
  });
});
