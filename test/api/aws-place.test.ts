import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda';
import { DescribeLogGroupsCommand, CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { InitRequest } from '../../src/executor/session.ts';
import { awsError, codeZip, newFunction } from '../support/aws-house.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:';

describe('a daemon with an AWS account and region of its own', () => {
  let house: EdgeHouse;
  let client: LambdaClient;
  let settings: {
    endpoint: string;
    region: string;
    maxAttempts: number;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  const seen: (InitRequest | undefined)[] = [];

  before(async () => {
    house = await edgeHouse(
      {
        there: ({ sandbox, event }) => {
          seen.push(sandbox.initRequest);
          return Promise.resolve({ kind: 'result', payload: event });
        },
      },
      { aws: { account: '123456789012', region: 'eu-central-1' } },
    );
    settings = {
      endpoint: house.url,
      region: 'eu-central-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    client = new LambdaClient(settings);
    await client.send(new CreateFunctionCommand(newFunction('there')));
  });
  after(async () => {
    client.destroy();
    await house[Symbol.asyncDispose]();
  });

  test('has them in the ARNs of functions and layers, and takes only such ones', async () => {
    const got = await client.send(new GetFunctionConfigurationCommand({ FunctionName: `${ARN}there` }));
    assert.equal(got.FunctionArn, `${ARN}there`);
    assert.match(got.RuntimeVersionConfig?.RuntimeVersionArn ?? '', /^arn:aws:lambda:eu-central-1::runtime:/);
    const layer = await client.send(
      new PublishLayerVersionCommand({ LayerName: 'shared', Content: { ZipFile: codeZip() } }),
    );
    assert.equal(layer.LayerVersionArn, 'arn:aws:lambda:eu-central-1:123456789012:layer:shared:1');
    const at = (FunctionName: string): Promise<unknown> =>
      client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    await assert.rejects(
      at('arn:aws:lambda:us-east-1:123456789012:function:there'),
      awsError(
        'ResourceNotFoundException',
        "Functions from 'us-east-1' are not reachable in this region ('eu-central-1')",
      ),
    );
    await assert.rejects(
      at('arn:aws:lambda:eu-central-1:000000000000:function:there'),
      awsError('AccessDeniedException', /of account 123456789012/),
    );
    await assert.rejects(at('missing'), awsError('ResourceNotFoundException', `Function not found: ${ARN}missing`));
  });

  test('tells them to functions', async () => {
    await client.send(new InvokeCommand({ FunctionName: 'there', Payload: Buffer.from('{}') }));
    const [init] = seen;
    assert.equal(init?.functionArn, `${ARN}there`);
    assert.equal(init.environment['AWS_REGION'], 'eu-central-1');
    assert.equal(init.environment['AWS_DEFAULT_REGION'], 'eu-central-1');
  });

  test('has them in what STS and CloudWatch Logs answer, and in its status', async () => {
    const sts = new STSClient(settings);
    const logs = new CloudWatchLogsClient(settings);
    try {
      const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
      assert.deepEqual([Account, Arn], ['123456789012', 'arn:aws:iam::123456789012:root']);
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
      assert.equal(logGroups[0]?.logGroupArn, 'arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/there');
    } finally {
      sts.destroy();
      logs.destroy();
    }
    const status = (await house.control('/_lam/v1/status')).json();
    assert.deepEqual(status['aws'], { account: '123456789012', region: 'eu-central-1' });
  });
});
