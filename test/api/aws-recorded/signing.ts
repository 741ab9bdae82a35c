import {
  CreateCodeSigningConfigCommand,
  CreateFunctionCommand,
  DeleteCodeSigningConfigCommand,
  DeleteFunctionCodeSigningConfigCommand,
  GetCodeSigningConfigCommand,
  GetFunctionCodeSigningConfigCommand,
  ListCodeSigningConfigsCommand,
  ListFunctionsByCodeSigningConfigCommand,
  PutFunctionCodeSigningConfigCommand,
  UpdateCodeSigningConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  DATE,
  empty,
  missing,
  ok,
  type Expected,
  type Kept,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const NAME = 'signing-of';
const PUBLISHER = 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/test';
const CONFIG = /^arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-[0-9a-f]{17}$/;
const NONE = 'arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000';

const config = (policy: string): Expected => ({
  AllowedPublishers: { SigningProfileVersionArns: [PUBLISHER] },
  CodeSigningConfigArn: CONFIG,
  CodeSigningConfigId: /^csc-[0-9a-f]{17}$/,
  CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy },
  Description: 'Testing CodeSigning Config',
  LastModified: DATE,
});
const one = (policy: string, status = 200): WireAnswer => ok({ CodeSigningConfig: config(policy) }, status);

const row = (
  what: string,
  ask: (client: LambdaClient, arn: string) => Promise<unknown>,
  aws: WireAnswer,
): RecordedBehaviour => ({ what, ask: (client, { arn }: Kept) => ask(client, String(arn)), aws });

const untrusted = (UntrustedArtifactOnDeployment: 'Warn' | 'Enforce'): object => ({
  CodeSigningPolicies: { UntrustedArtifactOnDeployment },
});
const create = (
  client: LambdaClient,
): Promise<{ CodeSigningConfig?: { CodeSigningConfigArn?: string | undefined } | undefined }> =>
  client.send(
    new CreateCodeSigningConfigCommand({
      Description: 'Testing CodeSigning Config',
      AllowedPublishers: { SigningProfileVersionArns: [PUBLISHER] },
      ...untrusted('Enforce'),
    }),
  );
const put = (client: LambdaClient, FunctionName: string, arn: string): Promise<unknown> =>
  client.send(new PutFunctionCodeSigningConfigCommand({ FunctionName, CodeSigningConfigArn: arn }));
const ofFunction = (FunctionName: string) => (client: LambdaClient) =>
  client.send(new GetFunctionCodeSigningConfigCommand({ FunctionName }));
const without = (FunctionName: string) => (client: LambdaClient) =>
  client.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName }));

const ROWS: readonly RecordedBehaviour[] = [
  {
    ...row('CreateCodeSigningConfig', create, one('Enforce', 201)),
    also: ({ CodeSigningConfig: made }, kept) =>
      void (kept['arn'] = (made as Record<string, unknown>)['CodeSigningConfigArn']),
  },
  row(
    'UpdateCodeSigningConfig',
    (client, arn) =>
      client.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn: arn, ...untrusted('Warn') })),
    one('Warn'),
  ),
  row(
    'UpdateCodeSigningConfig with nothing',
    (client, arn) => client.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn: arn })),
    one('Warn'),
  ),
  row(
    'GetCodeSigningConfig',
    (client, arn) => client.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn: arn })),
    one('Warn'),
  ),
  row('GetFunctionCodeSigningConfig of a function without', ofFunction(NAME), ok({})),
  row(
    'ListFunctionsByCodeSigningConfig of none',
    (client, arn) => client.send(new ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn: arn })),
    ok({ FunctionArns: [] }),
  ),
  row(
    'PutFunctionCodeSigningConfig',
    (client, arn) => put(client, NAME, arn),
    ok({ CodeSigningConfigArn: CONFIG, FunctionName: NAME }),
  ),
  row('GetFunctionCodeSigningConfig', ofFunction(NAME), ok({ CodeSigningConfigArn: CONFIG, FunctionName: NAME })),
  row(
    'ListCodeSigningConfigs',
    (client) => client.send(new ListCodeSigningConfigsCommand({})),
    ok({ CodeSigningConfigs: [config('Warn')] }),
  ),
  row(
    'ListFunctionsByCodeSigningConfig',
    (client, arn) => client.send(new ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn: arn })),
    ok({ FunctionArns: [`${ARN}${NAME}`] }),
  ),
  row('DeleteFunctionCodeSigningConfig', without(NAME), empty()),
  row('DeleteFunctionCodeSigningConfig of what has none', without(NAME), empty()),
  row(
    'DeleteCodeSigningConfig',
    (client, arn) => client.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn: arn })),
    empty(),
  ),
];

/** AWS sends these alone without a `Type`. */
const typed = (untyped: RecordedBehaviour): RecordedBehaviour => ({
  ...untyped,
  differs: { why: 'has a Type, as all others', here: missing(GONE) },
});
const GONE = `The Lambda code signing configuration ${NONE} can not be found.`;
const gone: WireAnswer = {
  ...{ status: 404, error: 'ResourceNotFoundException' },
  body: { Message: GONE },
};
const unknown: WireAnswer = {
  ...{ status: 404, error: 'CodeSigningConfigNotFoundException' },
  body: {
    Type: 'User',
    Message: `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${NONE}.`,
  },
};
const nobody = missing(`Function not found: ${ARN}csc-test-doesnotexist`);

const MISSING: readonly RecordedBehaviour[] = [
  typed(
    row(
      'DeleteCodeSigningConfig of none',
      (client) => client.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn: NONE })),
      gone,
    ),
  ),
  row('DeleteFunctionCodeSigningConfig of no such function', without('csc-test-doesnotexist'), nobody),
  row(
    'PutFunctionCodeSigningConfig of no such function',
    (client, arn) => put(client, 'csc-test-doesnotexist', arn),
    nobody,
  ),
  row('PutFunctionCodeSigningConfig to none', (client) => put(client, NAME, NONE), unknown),
  row('PutFunctionCodeSigningConfig of neither', (client) => put(client, 'csc-test-doesnotexist', NONE), unknown),
  typed(
    row(
      'UpdateCodeSigningConfig of none',
      (client) => client.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn: NONE, Description: 'new' })),
      gone,
    ),
  ),
  typed(
    row(
      'UpdateCodeSigningConfig of none with nothing',
      (client) => client.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn: NONE })),
      gone,
    ),
  ),
  typed(
    row(
      'GetCodeSigningConfig of none',
      (client) => client.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn: NONE })),
      gone,
    ),
  ),
  row('GetFunctionCodeSigningConfig of no such function', ofFunction('csc-test-doesnotexist'), nobody),
  typed(
    row(
      'ListFunctionsByCodeSigningConfig of none such',
      (client) => client.send(new ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn: NONE })),
      gone,
    ),
  ),
];

/** Code signing. */
export const SIGNING: readonly RecordedGroup[] = [
  {
    about: 'the life of code signing:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(NAME))),
    rows: ROWS,
  },
  {
    about: 'code signing of nothing:',
    async prepare(client, kept) {
      kept['arn'] = (await create(client)).CodeSigningConfig?.CodeSigningConfigArn;
    },
    rows: MISSING,
  },
];
