import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  CreateFunctionCommand,
  PublishLayerVersionCommand,
  UpdateFunctionCodeCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { awsError, awsHouse, codeZip, newFunction, type AwsHouse } from '../support/aws-house.ts';
import { S3_KEYS, s3Server, type S3Server } from '../support/s3-server.ts';

const PARAMETER = 'InvalidParameterValueException';
const digest = (zip: Uint8Array): string => createHash('sha256').update(zip).digest('base64');

describe('code in S3', () => {
  let objects: S3Server;
  let house: AwsHouse;
  let client: LambdaClient;

  before(async () => {
    objects = await s3Server('code');
    house = await awsHouse(undefined, { aws: { endpoints: { s3: objects.url } }, awsKeys: S3_KEYS });
    ({ client } = house);
  });
  after(async () => {
    await house?.[Symbol.asyncDispose]();
    await objects?.[Symbol.asyncDispose]();
  });

  test('makes functions and layers, with the hash of the very object', async () => {
    await objects.put('some/one two.zip', codeZip('one'));
    const made = await client.send(
      new CreateFunctionCommand(newFunction('stored', { Code: { S3Bucket: 'code', S3Key: 'some/one two.zip' } })),
    );
    assert.equal(made.CodeSha256, digest(codeZip('one')));
    await objects.put('two.zip', codeZip('two'));
    const changed = await client.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'stored', S3Bucket: 'code', S3Key: 'two.zip' }),
    );
    assert.equal(changed.CodeSha256, digest(codeZip('two')));
    const layer = await client.send(
      new PublishLayerVersionCommand({ LayerName: 'stored', Content: { S3Bucket: 'code', S3Key: 'two.zip' } }),
    );
    assert.equal(layer.Version, 1);
  });

  test('is refused in the words of S3, and where it is no zip', async () => {
    const create = (S3Bucket: string, S3Key: string): Promise<unknown> =>
      client.send(new CreateFunctionCommand(newFunction('refused', { Code: { S3Bucket, S3Key } })));
    await assert.rejects(
      create('code', 'missing.zip'),
      awsError(PARAMETER, /^Error occurred while GetObject\. S3 Error Code: NoSuchKey\. S3 Error Message: \S/),
    );
    await assert.rejects(create('nowhere', 'x.zip'), awsError(PARAMETER, /S3 Error Code: NoSuchBucket\./));
    // URLs would name another object, or none.
    for (const key of ['../code/two.zip', 'a/./two.zip', '\ud800'])
      await assert.rejects(create('code', key), awsError(PARAMETER, /^lam reads no object whose S3Key has a part/));
    await objects.put('text.zip', Buffer.from('no zip'));
    await assert.rejects(create('code', 'text.zip'), awsError(PARAMETER, /^Could not unzip uploaded file\./));
    await assert.rejects(
      client.send(
        new CreateFunctionCommand(
          newFunction('refused', { Code: { S3Bucket: 'code', S3Key: 'two.zip', ZipFile: codeZip() } }),
        ),
      ),
      awsError(PARAMETER, 'Please do not provide other FunctionCode parameters when providing a ZipFile.'),
    );
    assert.ok(!house.house.operations.functions.names().includes('refused' as never));
  });

  test('is refused with keys that the server does not know, without a server, and without an address', async () => {
    const ask = async (more: Parameters<typeof awsHouse>[1]): Promise<void> => {
      await using other = await awsHouse(undefined, more);
      const code = { S3Bucket: 'code', S3Key: 'two.zip' };
      await other.client.send(new CreateFunctionCommand(newFunction('f', { Code: code })));
    };
    await assert.rejects(
      ask({ aws: { endpoints: { s3: objects.url } }, awsKeys: { accessKeyId: 'a', secretAccessKey: 'b' } }),
      awsError(PARAMETER, /S3 Error Code: InvalidAccessKeyId\./),
    );
    await assert.rejects(
      ask({ aws: { endpoints: { s3: 'http://127.0.0.1:1' } } }),
      awsError(PARAMETER, /^lam cannot read from S3 at http:\/\/127\.0\.0\.1:1: /),
    );
    await assert.rejects(
      ask({}),
      awsError(PARAMETER, /does not know where S3 is: .*lam restart --aws-endpoint s3=http/),
    );
  });
});
