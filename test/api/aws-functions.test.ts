import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  ListFunctionsCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { awsError, awsHouse, codeZip, newFunction, ROLE, type AwsHouse } from '../support/aws-house.ts';
import { zipOf } from '../unit/store/support.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';

describe("functions by AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;
  before(async () => {
    house = await awsHouse();
    ({ client } = house);
  });
  after(() => house[Symbol.asyncDispose]());
  const create = (name: string, more = {}): Promise<{ RevisionId?: string | undefined }> =>
    client.send(new CreateFunctionCommand(newFunction(name, more)));

  test('are created, waited for, described and invoked', async () => {
    const zip = codeZip('one');
    const made = await client.send(
      new CreateFunctionCommand(
        newFunction('one', {
          Code: { ZipFile: zip },
          Description: 'the first',
          Timeout: 7,
          MemorySize: 256,
          Environment: { Variables: { COLOR: 'red' } },
          TracingConfig: { Mode: 'Active' },
          Tags: { team: 'a' },
        }),
      ),
    );
    const {
      $metadata: metadata,
      RevisionId: revision,
      LastModified: modified,
      RuntimeVersionConfig: own,
      ...rest
    } = made;
    assert.equal(metadata.httpStatusCode, 201);
    assert.match(metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
    assert.match(revision ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(modified ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    assert.match(own?.RuntimeVersionArn ?? '', /^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      FunctionName: 'one',
      FunctionArn: `${ARN}one`,
      Runtime: 'nodejs22.x',
      Role: ROLE,
      Handler: 'index.handler',
      CodeSize: zip.length,
      Description: 'the first',
      Timeout: 7,
      MemorySize: 256,
      CodeSha256: createHash('sha256').update(zip).digest('base64'),
      Version: '$LATEST',
      Environment: { Variables: { COLOR: 'red' } },
      TracingConfig: { Mode: 'Active' },
      State: 'Pending',
      StateReason: 'The function is being created.',
      StateReasonCode: 'Creating',
      PackageType: 'Zip',
      Architectures: ['x86_64'],
      EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
      LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/one' },
    });
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 10 }, { FunctionName: 'one' });
    const got = await client.send(new GetFunctionCommand({ FunctionName: `${ARN}one` }));
    assert.equal(got.Configuration?.State, 'Active');
    assert.equal(got.Configuration.LastUpdateStatus, 'Successful');
    assert.deepEqual(got.Tags, { team: 'a' });
    assert.equal(got.Code?.RepositoryType, 'S3');
    const invoked = await client.send(new InvokeCommand({ FunctionName: 'one', Payload: Buffer.from('{"a":1}') }));
    assert.equal(invoked.Payload?.transformToString(), '{"a":1}');
    assert.equal(house.house.registry.detail('one' as never).config.memoryMiB, 256);
  });

  test('give back the very bytes of their zip, to whoever has the URL', async () => {
    const zip = zipOf([
      { name: 'index.js', content: 'exports.handler = async () => 1;' },
      { name: 'run.sh', content: '#!/bin/sh\n', mode: 0o100755 },
    ]);
    await create('bytes', { Code: { ZipFile: zip } });
    const { Code: code } = await client.send(new GetFunctionCommand({ FunctionName: 'bytes' }));
    const answer = await fetch(code?.Location ?? '');
    assert.equal(answer.status, 200);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), zip);
    const forged = await fetch((code?.Location ?? '').replace('/bytes/', '/one/'));
    assert.equal(forged.status, 403);
  });

  test('that lam deployed are seen, with a zip of their files', async () => {
    await house.house.publish('deployed', { memoryMiB: 192 });
    const got = await client.send(new GetFunctionCommand({ FunctionName: 'deployed' }));
    assert.equal(got.Configuration?.MemorySize, 192);
    const answer = await fetch(got.Code?.Location ?? '');
    assert.equal(
      Buffer.from(await answer.arrayBuffer())
        .subarray(0, 2)
        .toString(),
      'PK',
    );
  });

  test('are updated: code, settings, environment as a whole', async () => {
    const before = await create('changes', { Environment: { Variables: { AA: '1', BB: '2' } } });
    const code = await client.send(new UpdateFunctionCodeCommand({ FunctionName: 'changes', ZipFile: codeZip('two') }));
    assert.equal(code.LastUpdateStatus, 'InProgress');
    assert.notEqual(code.RevisionId, before.RevisionId);
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 10 }, { FunctionName: 'changes' });
    const changed = await client.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'changes',
        Environment: { Variables: { BB: '3' } },
        Timeout: 9,
        EphemeralStorage: { Size: 1024 },
      }),
    );
    assert.deepEqual(changed.Environment?.Variables, { BB: '3' });
    assert.equal(changed.CodeSha256, createHash('sha256').update(codeZip('two')).digest('base64'));
    const now = await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'changes' }));
    assert.equal(now.Timeout, 9);
    assert.equal(now.Handler, 'index.handler');
    assert.equal(now.EphemeralStorage?.Size, 1024);
    assert.equal(now.RevisionId, changed.RevisionId);
  });

  test('and live settings of lam see each other at once', async () => {
    await create('shared', { MemorySize: 128, Environment: { Variables: { AA: '1' } } });
    await house.house.operations.config.patch('shared' as never, {
      set: { memoryMiB: 512 },
      setEnvironment: { L: '1' },
    });
    const seen = await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'shared' }));
    assert.equal(seen.MemorySize, 512);
    assert.equal(seen.Role, ROLE);
    await client.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'shared',
        MemorySize: 256,
        Environment: { Variables: {} },
      }),
    );
    const { config, overrides } = house.house.registry.detail('shared' as never);
    assert.equal(config.memoryMiB, 256);
    assert.deepEqual(config.environment, {});
    assert.deepEqual(overrides, {});
    await house.house.operations.versions.rollback('shared' as never, {});
    const back = await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'shared' }));
    assert.equal(back.MemorySize, 512);
  });

  test('change only at the revision that the caller saw', async () => {
    const made = await create('guarded');
    const stale = '00000000-0000-4000-8000-000000000000';
    const message =
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id';
    const update = (revision: string | undefined, text: string): Promise<unknown> =>
      client.send(
        new UpdateFunctionCodeCommand({ FunctionName: 'guarded', ZipFile: codeZip(text), RevisionId: revision }),
      );
    await assert.rejects(update(stale, 'x'), awsError('PreconditionFailedException', message));
    const both = await Promise.allSettled([update(made.RevisionId, 'a'), update(made.RevisionId, 'b')]);
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    assert.equal(house.house.registry.detail('guarded' as never).allVersions.length, 2);
  });

  test('are not changed by a dry run', async () => {
    const made = await create('dry');
    const zip = codeZip('other');
    const dry = await client.send(new UpdateFunctionCodeCommand({ FunctionName: 'dry', ZipFile: zip, DryRun: true }));
    assert.equal(dry.CodeSha256, createHash('sha256').update(zip).digest('base64'));
    const now = await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'dry' }));
    assert.equal(now.RevisionId, made.RevisionId);
  });

  test('are listed by name, in pages', async () => {
    const all: string[] = [];
    let pages = 0;
    for await (const page of paginateListFunctions({ client, pageSize: 2 }, {})) {
      pages++;
      for (const { FunctionName: name, State: state } of page.Functions ?? []) {
        all.push(name ?? '');
        assert.equal(state, undefined);
      }
    }
    assert.deepEqual(all, all.toSorted());
    assert.ok(all.includes('one') && all.includes('deployed'));
    assert.equal(pages, Math.ceil(all.length / 2));
    await assert.rejects(
      client.send(new ListFunctionsCommand({ Marker: 'nonsense' })),
      awsError('InvalidParameterValueException', /Marker/),
    );
  });

  test('are deleted, and then unknown', async () => {
    await create('gone');
    const gone = await client.send(new DeleteFunctionCommand({ FunctionName: 'gone' }));
    assert.equal(gone.$metadata.httpStatusCode, 204);
    for (const command of [
      new GetFunctionCommand({ FunctionName: 'gone' }),
      new DeleteFunctionCommand({ FunctionName: 'gone' }),
      new UpdateFunctionCodeCommand({ FunctionName: 'gone', ZipFile: codeZip() }),
    ])
      await assert.rejects(
        client.send(command),
        awsError('ResourceNotFoundException', `Function not found: ${ARN}gone`),
      );
  });

  test('are refused in the words of AWS', async () => {
    const refused = async (name: string, message: string | RegExp, more: object): Promise<void> => {
      await assert.rejects(create('refused', more), awsError(name, message));
      assert.equal(house.house.registry.has('refused' as never), false);
    };
    const parameter = 'InvalidParameterValueException';
    await refused(
      'ValidationException',
      /^1 validation error detected: Value 'nobody' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:/,
      { Role: 'nobody' },
    );
    await refused(
      'ValidationException',
      "2 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900; Value '1' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
      { Timeout: 901, MemorySize: 1 },
    );
    await refused(parameter, 'Could not unzip uploaded file. Please check your file, then try to upload again.', {
      Code: { ZipFile: Buffer.from('no zip') },
    });
    await refused(parameter, /S3/, { Code: { S3Bucket: 'bucket', S3Key: 'key' } });
    await refused(parameter, /'cobol'|cobol/, { Runtime: 'cobol' });
    await refused(parameter, /PackageType is Image/, { PackageType: 'Image' });
    await refused(
      parameter,
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
      {
        Runtime: undefined,
      },
    );
    await refused(parameter, /reserved keys .*: AWS_REGION$/, { Environment: { Variables: { AWS_REGION: 'x' } } });
    await refused(parameter, /exceeded the 4KB limit\.$/, { Environment: { Variables: { LONG: 'x'.repeat(4096) } } });
    await create('taken');
    await assert.rejects(create('taken'), awsError('ResourceConflictException', 'Function already exist: taken'));
    const twice = await Promise.allSettled([create('race'), create('race')]);
    assert.deepEqual(twice.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  });
});
