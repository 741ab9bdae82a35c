import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { awsFromEnvironment, withAws, withAwsFlags } from '../../../src/cli/aws-settings.ts';
import { renderIgnored } from '../../../src/cli/render/ignored-settings.ts';
import type { Status } from '../../../src/contract/index.ts';
import { isLamError } from '../../../src/errors/index.ts';

const bad = (error: unknown): boolean => isLamError(error) && error.code === 'LAM_CLI_BAD_AWS_SETTING';

describe('what a daemon is told of AWS', () => {
  test('comes from the environment, where variables of lam win over those of AWS', () => {
    assert.deepEqual(awsFromEnvironment({}), {});
    assert.deepEqual(
      awsFromEnvironment({
        LAM_AWS_ACCOUNT: '123456789012',
        LAM_AWS_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL_SQS: 'http://localhost:1',
        LAM_AWS_ENDPOINT_URL_SQS: 'http://localhost:2',
        AWS_ENDPOINT_URL_S3: 'https://localhost:3',
        LAM_AWS_ENDPOINT_URL_MQ: 'amqp://app:${PASSWORD}@localhost:5672',
      }),
      {
        aws: {
          account: '123456789012',
          region: 'eu-central-1',
          endpoints: {
            sqs: 'http://localhost:2',
            s3: 'https://localhost:3',
            mq: 'amqp://app:${PASSWORD}@localhost:5672',
          },
        },
      },
    );
  });

  test('comes from flags, on top of that', () => {
    const before = { region: 'eu-west-1', endpoints: { sqs: 'http://a:1', s3: 'http://b:1' } };
    assert.deepEqual(withAwsFlags(before, { 'aws-account': '000000000001', 'aws-endpoint': ['sqs=http://c:1?x=1'] }), {
      aws: { account: '000000000001', region: 'eu-west-1', endpoints: { sqs: 'http://c:1?x=1', s3: 'http://b:1' } },
    });
    assert.deepEqual(withAwsFlags(undefined, {}), {});
    assert.deepEqual(withAws({ region: 'a' }, { region: 'b' }), { aws: { region: 'b' } });
  });

  test('is refused where it is malformed, but for what variables of AWS say', () => {
    for (const [name, text] of [
      ['LAM_AWS_ACCOUNT', '1'],
      ['LAM_AWS_REGION', 'here'],
      ['LAM_AWS_ENDPOINT_URL_SQS', 'localhost'],
      ['LAM_AWS_ENDPOINT_URL_MQ', 'http://localhost'],
    ] as const)
      assert.throws(() => awsFromEnvironment({ [name]: text }), bad, name);
    assert.deepEqual(awsFromEnvironment({ AWS_ENDPOINT_URL_SQS: 'localhost' }), {});
    for (const text of ['http://a', 'ec2=http://a', 'sqs=', 'sqs', 'sqs=ftp://a'])
      assert.throws(() => withAwsFlags({}, { 'aws-endpoint': [text] }), bad, text);
    assert.throws(() => withAwsFlags({}, { 'aws-account': 'x' }), bad);
    assert.throws(() => withAwsFlags({}, { 'aws-region': '' }), bad);
  });

  test('is named where a running daemon has it otherwise', () => {
    const running = { memory: {}, aws: { endpoints: { sqs: 'http://a:1' } } } as unknown as Status;
    const asked = { home: '/h', port: 1, portExplicit: false, host: undefined, driver: 'auto' } as const;
    assert.equal(
      renderIgnored({ ...asked, aws: { region: 'us-east-1', endpoints: { sqs: 'http://a:1' } } }, running),
      '',
    );
    assert.equal(
      renderIgnored(
        { ...asked, aws: { account: '123456789012', endpoints: { sqs: 'http://b:1', s3: 'http://s' } } },
        running,
      ),
      'it keeps AWS account 000000000000, sqs at http://a:1, no endpoint of s3; for what was asked: lam restart --aws-account 123456789012 --aws-endpoint sqs=http://b:1 --aws-endpoint s3=http://s',
    );
  });
});
