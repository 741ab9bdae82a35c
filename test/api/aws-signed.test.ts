import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ListFunctionsCommand,
  PublishLayerVersionCommand,
  TagResourceCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import type { AuditEntry, CreateApiKeyAnswer } from '../../src/contract/index.ts';
import { oneToken } from '../../src/edge/index.ts';
import { awsError, codeZip, newFunction } from '../support/aws-house.ts';
import { edgeHouse, type EdgeHouse } from '../support/edge-house.ts';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, '../fixtures/boto3/signed.py');
const hasBoto3 = await run('python3', ['-c', 'import boto3']).then(
  () => true,
  () => false,
);

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

function settings(
  house: EdgeHouse,
  credentials: Credentials,
): { endpoint: string; region: string; maxAttempts: number; credentials: Credentials } {
  return { endpoint: house.url, region: 'us-east-1', maxAttempts: 1, credentials };
}

function credentialsOf({ accessKeyId, secretAccessKey }: CreateApiKeyAnswer): Credentials {
  assert.ok(accessKeyId !== null && secretAccessKey !== null);
  return { accessKeyId, secretAccessKey };
}

async function audited(house: EdgeHouse): Promise<readonly AuditEntry[]> {
  return house.operations.audit.query({});
}

describe('AWS’s clients with the credentials of a key', () => {
  let house: EdgeHouse;
  let key: CreateApiKeyAnswer;
  const clients: { destroy(): void }[] = [];
  const lambda = (credentials: Credentials): LambdaClient => {
    const client = new LambdaClient(settings(house, credentials));
    clients.push(client);
    return client;
  };
  const sts = (credentials: Credentials): STSClient => {
    const client = new STSClient(settings(house, credentials));
    clients.push(client);
    return client;
  };
  before(async () => {
    house = await edgeHouse();
    for (const name of ['orders-in', 'users']) await house.publish(name);
    key = await house.operations.apiKeys.create({ name: 'ci', role: 'deployer', functions: ['orders-*'] });
  });
  after(async () => {
    for (const client of clients) client.destroy();
    await house[Symbol.asyncDispose]();
  });
  const denied = (action: string, resource: string): ReturnType<typeof awsError> =>
    awsError(
      'AccessDeniedException',
      `User: arn:aws:iam::000000000000:user/ci is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
    );
  const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

  test('create, change, invoke and delete the functions that the key reaches', async () => {
    const client = lambda(credentialsOf(key));
    const created = await client.send(
      new CreateFunctionCommand(newFunction('orders-new', { Code: { ZipFile: codeZip() } })),
    );
    assert.equal(created.FunctionName, 'orders-new');
    const payload = Buffer.from('{"ü":1}');
    const { Payload } = await client.send(new InvokeCommand({ FunctionName: arn('orders-in'), Payload: payload }));
    assert.deepEqual(Payload?.transformToString(), payload.toString());
    const streamed = await client.send(new InvokeWithResponseStreamCommand({ FunctionName: 'orders-in' }));
    for await (const event of streamed.EventStream ?? []) assert.ok(event.PayloadChunk ?? event.InvokeComplete);
    await client.send(new InvokeCommand({ FunctionName: 'orders-in', InvocationType: 'Event', Qualifier: '1' }));
    await client.send(new TagResourceCommand({ Resource: arn('orders-in'), Tags: { 'a b': 'c:d +=' } }));
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'orders-in', MemorySize: 256 }));
    const { Functions = [] } = await client.send(new ListFunctionsCommand({ MaxItems: 50 }));
    assert.deepEqual(
      Functions.map(({ FunctionName }) => FunctionName),
      ['orders-in', 'orders-new'],
    );
    const { Code } = await client.send(new GetFunctionCommand({ FunctionName: 'orders-new' }));
    const code = await fetch(Code?.Location ?? '');
    assert.deepEqual(Buffer.from(await code.arrayBuffer()), codeZip());
    await client.send(new DeleteFunctionCommand({ FunctionName: 'orders-new' }));
  });

  test('are denied the others in AWS’s words, and nothing changes', async () => {
    const client = lambda(credentialsOf(key));
    await assert.rejects(
      client.send(new InvokeCommand({ FunctionName: 'users' })),
      denied('lambda:InvokeFunction', arn('users')),
    );
    await assert.rejects(
      client.send(new DeleteFunctionCommand({ FunctionName: 'users' })),
      denied('lambda:DeleteFunction', arn('users')),
    );
    await assert.rejects(
      client.send(new CreateFunctionCommand(newFunction('mine'))),
      denied('lambda:CreateFunction', arn('mine')),
    );
    await assert.rejects(
      client.send(new PublishLayerVersionCommand({ LayerName: 'shared', Content: { ZipFile: codeZip() } })),
      denied('lambda:PublishLayerVersion', '*'),
    );
    assert.deepEqual([...house.registry.names()].toSorted(), ['orders-in', 'users']);
    const reader = await house.operations.apiKeys.create({ name: 'reader', scopes: ['read'] });
    const looks = lambda(credentialsOf(reader));
    assert.equal((await looks.send(new ListFunctionsCommand({}))).Functions?.length, 2);
    await assert.rejects(
      looks.send(new InvokeCommand({ FunctionName: 'users' })),
      awsError('AccessDeniedException', /user\/reader/),
    );
    const logs = new CloudWatchLogsClient(settings(house, credentialsOf(key)));
    clients.push(logs);
    assert.deepEqual(
      (await logs.send(new DescribeLogGroupsCommand({}))).logGroups?.map(({ logGroupName }) => logGroupName),
      ['/aws/lambda/orders-in'],
    );
  });

  test('are refused with wrong, unknown, missing and revoked credentials', async () => {
    const own = credentialsOf(key);
    const fails = (credentials: Credentials, name: string, message: RegExp): Promise<void> =>
      assert.rejects(lambda(credentials).send(new ListFunctionsCommand({})), awsError(name, message));
    await fails(
      { ...own, secretAccessKey: 'wrong' },
      'InvalidSignatureException',
      /^The request signature we calculated/,
    );
    await fails({ ...own, accessKeyId: 'AKIAUNKNOWN' }, 'UnrecognizedClientException', /^The security token included/);
    await fails({ ...own, sessionToken: 'made-up' }, 'UnrecognizedClientException', /^The security token included/);
    const unsigned = await house.ask('/2015-03-31/functions');
    assert.deepEqual(
      [unsigned.status, unsigned.headers['x-amzn-errortype'], unsigned.json()],
      [403, 'MissingAuthenticationTokenException', { message: 'Missing Authentication Token' }],
    );
    const wrong = await house.ask('/2015-03-31/functions', { headers: { authorization: 'Bearer lam_wrong' } });
    assert.deepEqual([wrong.status, wrong.headers['x-amzn-errortype']], [403, 'UnrecognizedClientException']);
    const short = await house.operations.apiKeys.create({ name: 'short', scopes: ['invoke'] });
    const client = lambda(credentialsOf(short));
    await client.send(new InvokeCommand({ FunctionName: 'users' }));
    await house.operations.apiKeys.revoke('short');
    await assert.rejects(
      client.send(new InvokeCommand({ FunctionName: 'users' })),
      awsError('UnrecognizedClientException', /^The security token/),
    );
    const stsClient = sts({ ...own, secretAccessKey: 'wrong' });
    await assert.rejects(
      stsClient.send(new GetCallerIdentityCommand({})),
      awsError('SignatureDoesNotMatch', /we calculated/),
    );
    await assert.rejects(
      sts({ ...own, accessKeyId: 'AKIAUNKNOWN' }).send(new GetCallerIdentityCommand({})),
      awsError('InvalidClientTokenId', /security token/),
    );
  });

  test('learn whose key it is, and get credentials for some time', async () => {
    const client = sts(credentialsOf(key));
    const { Arn, Account, UserId } = await client.send(new GetCallerIdentityCommand({}));
    assert.deepEqual([Arn, Account], ['arn:aws:iam::000000000000:user/ci', '000000000000']);
    assert.match(UserId ?? '', /^AIDA[0-9A-F]{16}$/);
    const { Credentials: given } = await client.send(new GetSessionTokenCommand({ DurationSeconds: 900 }));
    assert.ok(Math.abs((given?.Expiration?.getTime() ?? 0) - Date.now() - 900_000) < 60_000);
    const session = {
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      sessionToken: given?.SessionToken ?? '',
    };
    assert.match(session.accessKeyId, /^ASIALAM[A-Z2-7]{13}$/);
    assert.equal((await sts(session).send(new GetCallerIdentityCommand({}))).Arn, Arn);
    await lambda(session).send(new InvokeCommand({ FunctionName: 'orders-in' }));
    await assert.rejects(
      lambda(session).send(new InvokeCommand({ FunctionName: 'users' })),
      awsError('AccessDeniedException', /./),
    );
    await assert.rejects(
      sts(session).send(new GetSessionTokenCommand({})),
      awsError('AccessDenied', 'Cannot call GetSessionToken with session credentials'),
    );
    await assert.rejects(
      client.send(new GetSessionTokenCommand({ DurationSeconds: 60 })),
      awsError('ValidationError', /greater than or equal to 900/),
    );
    const { sessionToken: _, ...alone } = session;
    await assert.rejects(
      lambda(alone).send(new InvokeCommand({ FunctionName: 'orders-in' })),
      awsError('UnrecognizedClientException', /./),
    );
  });

  test('may be replaced by the key as a bearer token', async () => {
    const headers = { authorization: `Bearer ${key.key}` };
    assert.equal((await house.ask('/2015-03-31/functions/orders-in', { headers })).status, 200);
    const other = await house.ask('/2015-03-31/functions/users/invocations', { method: 'POST', headers, body: '{}' });
    assert.deepEqual([other.status, other.headers['x-amzn-errortype']], [403, 'AccessDeniedException']);
    const target = { 'x-amz-target': 'Logs_20140328.DescribeLogGroups', 'x-api-key': key.key };
    assert.equal((await house.ask('/', { method: 'POST', headers: target, body: '{}' })).status, 200);
  });

  test('leave changes and refusals in the audit log', async () => {
    const lines = (await audited(house)).map(({ who, api, operation, request, function: name, outcome, code }) =>
      [outcome, `${who.kind}:${who.name}`, api, request ?? operation, name, code]
        .filter((part) => part !== undefined)
        .join(' '),
    );
    for (const line of [
      'done key:ci aws-lambda CreateFunction orders-new',
      'done key:ci aws-lambda UpdateFunctionConfiguration orders-in',
      'done key:ci aws-lambda TagResource orders-in',
      'done key:ci aws-lambda DeleteFunction orders-new',
      'refused key:ci aws-lambda InvokeFunction users LAM_OPERATIONS_NOT_ALLOWED',
      'refused key:ci aws-lambda DeleteFunction users LAM_OPERATIONS_NOT_ALLOWED',
      'refused unknown:AKIAUNKNOWN aws-lambda ListFunctions LAM_ACCESS_CLIENT_UNKNOWN',
      'refused unknown: aws-lambda ListFunctions LAM_ACCESS_UNSIGNED',
    ])
      assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`);
    assert.ok(!lines.some((line) => line.startsWith('done') && /[iI]nvoke/.test(line)));
    assert.ok(!JSON.stringify(await audited(house)).includes(key.secretAccessKey ?? '?'));
  });

  test('are not asked of the owner’s socket', async () => {
    assert.equal((await house.control('/2015-03-31/functions')).status, 200);
  });

  test(
    'are boto3’s, too: in headers, in URLs, with sessions',
    { skip: hasBoto3 ? false : 'boto3 is not installed (Debian: python3-boto3)' },
    async () => {
      const { accessKeyId, secretAccessKey } = credentialsOf(key);
      const { stdout } = await run('python3', [SCRIPT, house.url, accessKeyId, secretAccessKey]);
      assert.deepEqual(JSON.parse(stdout), {
        arn: 'arn:aws:iam::000000000000:user/ci',
        invoked: { a: 'é' },
        'by arn': 'orders-in',
        listed: ['orders-in'],
        'by url': true,
        'by session': 'orders-in',
        'nested session': ['AccessDenied', 403],
        denied: ['AccessDeniedException', 403],
        wrong: ['InvalidSignatureException', 403],
        'wrong at STS': ['SignatureDoesNotMatch', 403],
        'wrong at logs': ['InvalidSignatureException', 400],
        groups: ['/aws/lambda/orders-in'],
      });
    },
  );
});

describe('AWS’s clients where the daemon has a token', () => {
  test('are refused without a key, and served with one, by STS and IAM too', async () => {
    await using house = await edgeHouse({}, { door: { tokens: oneToken('s3cret') } });
    await house.publish('hello');
    const any = new STSClient(settings(house, { accessKeyId: 'a', secretAccessKey: 'b' }));
    await assert.rejects(any.send(new GetCallerIdentityCommand({})), awsError('AccessDenied', /requires the token/));
    any.destroy();
    const key = await house.operations.apiKeys.create({ name: 'ci', scopes: ['invoke'] });
    const sts = new STSClient(settings(house, credentialsOf(key)));
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, 'arn:aws:iam::000000000000:user/ci');
    sts.destroy();
    const headers = { authorization: 'Bearer s3cret' };
    assert.equal((await house.ask('/2015-03-31/functions/hello', { headers })).status, 200);
  });

  test('need no key of Glambdar’s API', async () => {
    await using house = await edgeHouse();
    await house.publish('hello');
    await house.ask('/auth/keys', { method: 'POST', body: '{"name":"g","role":"admin"}' });
    const any = new LambdaClient(settings(house, { accessKeyId: 'a', secretAccessKey: 'b' }));
    assert.equal((await any.send(new ListFunctionsCommand({}))).Functions?.length, 1);
    any.destroy();
  });
});
