import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { lamError } from '../../src/errors/index.ts';
import { IMAGE_FILE, pinnedImageOf, type PinnedImage } from '../../src/runtimes/index.ts';
import { awsError, awsHouse, codeZip, newFunction, ROLE, type AwsHouse } from '../support/aws-house.ts';

const PARAMETER = 'InvalidParameterValueException';
const NAME = 'registry.test/shop/orders:1';
const idOf = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** An engine with two images, which are found by name or id. */
const IMAGES: readonly PinnedImage[] = ['1', '2'].map((digit) => ({
  source: `registry.test/shop/orders:${digit}`,
  id: idOf(digit),
  architecture: 'amd64',
  entryPoint: ['/entry'],
  command: ['app.handler'],
  workingDirectory: '/var/task',
}));

describe("images as functions by AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;
  before(async () => {
    house = await awsHouse(undefined, {
      script: {
        images: {
          load: () => Promise.resolve(),
          names: () => Promise.resolve(IMAGES.map(({ source }) => source)),
          keep(name) {
            const found = IMAGES.find(({ source, id }) => name === source || name === id);
            if (found === undefined)
              return Promise.reject(lamError('LAM_DRIVER_IMAGE_MISSING', { image: name, reason: 'no such image' }));
            return Promise.resolve(found);
          },
        },
      },
    });
    ({ client } = house);
  });
  after(() => house[Symbol.asyncDispose]());

  const input = (more: Partial<CreateFunctionCommandInput> = {}): CreateFunctionCommandInput => ({
    FunctionName: 'orders',
    Role: ROLE,
    PackageType: 'Image',
    Code: { ImageUri: NAME },
    ...more,
  });

  /** What the live version starts. */
  async function pinned(): Promise<PinnedImage | undefined> {
    const { live } = house.house.registry.detail('orders' as never);
    const { text } = await house.house.operations.versions.file('orders' as never, live, IMAGE_FILE);
    return pinnedImageOf(text ?? '');
  }

  test('are created, described and updated, with what they start', async () => {
    const made = await client.send(new CreateFunctionCommand(input({ ImageConfig: { Command: ['other.handler'] } })));
    assert.deepEqual(
      [made.PackageType, made.Runtime, made.Handler, made.CodeSize, made.CodeSha256, made.RuntimeVersionConfig],
      ['Image', undefined, undefined, 0, '1'.repeat(64), undefined],
    );
    assert.deepEqual(made.ImageConfigResponse, { ImageConfig: { Command: ['other.handler'] } });
    assert.deepEqual((await pinned())?.command, ['other.handler']);
    const got = await client.send(new GetFunctionCommand({ FunctionName: 'orders' }));
    assert.deepEqual(got.Code, {
      RepositoryType: 'ECR',
      ImageUri: NAME,
      ResolvedImageUri: `registry.test/shop/orders@${idOf('1')}`,
    });

    const other = NAME.replace(':1', ':2');
    const changed = await client.send(new UpdateFunctionCodeCommand({ FunctionName: 'orders', ImageUri: other }));
    assert.equal(changed.CodeSha256, '2'.repeat(64));
    assert.deepEqual((await pinned())?.command, ['other.handler']);
    await client.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'orders',
        Timeout: 9,
        ImageConfig: { EntryPoint: ['/bin/own'], WorkingDirectory: '/srv' },
      }),
    );
    const is = await pinned();
    assert.deepEqual(
      [is?.id, is?.entryPoint, is?.command, is?.workingDirectory],
      [idOf('2'), ['/bin/own'], [], '/srv'],
    );
  });

  test('are refused in the words of AWS', async () => {
    const create = (more: Partial<CreateFunctionCommandInput>): Promise<unknown> =>
      client.send(new CreateFunctionCommand(input({ FunctionName: 'refused', ...more })));
    await assert.rejects(
      create({ Code: { ImageUri: 'registry.test/missing:1' } }),
      awsError(PARAMETER, 'Source image registry.test/missing:1 does not exist. Provide a valid source image.'),
    );
    await assert.rejects(create({ Handler: 'index.handler' }), awsError(PARAMETER, /PackageType is Image\.$/));
    await assert.rejects(
      create({ Code: { ZipFile: codeZip() } }),
      awsError(PARAMETER, /^Please provide ImageUri when/),
    );
    await assert.rejects(
      client.send(new CreateFunctionCommand(newFunction('refused', { Code: { ImageUri: NAME } }))),
      awsError(PARAMETER, /PackageType is Zip\.$/),
    );
    await assert.rejects(
      client.send(new UpdateFunctionCodeCommand({ FunctionName: 'orders', ZipFile: codeZip() })),
      awsError(PARAMETER, 'Please provide ImageUri when updating a function with packageType Image.'),
    );
    assert.ok(!house.house.operations.functions.names().includes('refused' as never));
  });

  test('need Docker', async () => {
    await using other = await awsHouse();
    await assert.rejects(
      other.client.send(new CreateFunctionCommand(input())),
      awsError(PARAMETER, /runs container images, and this daemon runs functions as processes/),
    );
  });
});
