import assert from 'node:assert/strict';
import {
  CreateFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { codeZip, newFunction } from '../../support/aws-house.ts';
import { zipOf } from '../../unit/store/support.ts';
import {
  ARN,
  empty,
  invalid,
  isCount,
  missing,
  ok,
  type Kept,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const NAME = 'limits-reserved';
const put = (what: string, FunctionName: string, reserved: number, aws: WireAnswer): RecordedBehaviour => ({
  what: `PutFunctionConcurrency ${what}`,
  ask: (client) =>
    client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: reserved })),
  aws,
});
const get = (what: string, aws: WireAnswer): RecordedBehaviour => ({
  what: `GetFunctionConcurrency ${what}`,
  ask: (client) => client.send(new GetFunctionConcurrencyCommand({ FunctionName: NAME })),
  aws,
});
const nobody = missing(`Function not found: ${ARN}doesnotexist:$LATEST`);
const below = invalid(
  "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
);
const throttled: WireAnswer = {
  ...{ status: 429, error: 'TooManyRequestsException' },
  body: { Type: 'User', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', message: 'Rate Exceeded.' },
};

const RESERVED: readonly RecordedBehaviour[] = [
  put('of no such function', 'doesnotexist', 1, nobody),
  put('of nothing for no such function', 'doesnotexist', 0, nobody),
  put(
    'of the ARN of $LATEST',
    `${ARN}${NAME}:$LATEST`,
    0,
    invalid(
      'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
    ),
  ),
  put('of more than the account has', NAME, 1001, below),
  put('of all that the account has', NAME, 1000, below),
  get('before one was put', ok({})),
  put('of nothing', NAME, 0, ok({ ReservedConcurrentExecutions: 0 })),
  {
    what: 'Invoke of a function with nothing reserved',
    ask: (client) => client.send(new InvokeCommand({ FunctionName: NAME })),
    aws: throttled,
  },
  get('of nothing', ok({ ReservedConcurrentExecutions: 0 })),
  put('of one', NAME, 1, ok({ ReservedConcurrentExecutions: 1 })),
  get('of one', ok({ ReservedConcurrentExecutions: 1 })),
  {
    what: 'DeleteFunctionConcurrency',
    ask: (client) => client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: NAME })),
    aws: empty(),
  },
  get('after it', ok({})),
  put('of as much as may be', NAME, 900, ok({ ReservedConcurrentExecutions: 900 })),
];

const SUM = 'limits-sum';
const CODE = codeZip('the sum');
const settings = (client: LambdaClient): Promise<unknown> => client.send(new GetAccountSettingsCommand({}));
const usage = (body: Readonly<Record<string, unknown>>): { TotalCodeSize: number; FunctionCount: number } =>
  body['AccountUsage'] as { TotalCodeSize: number; FunctionCount: number };
const ACCOUNT: WireAnswer = ok({
  AccountLimit: {
    ...{ CodeSizeUnzipped: 262_144_000, CodeSizeZipped: 52_428_800, ConcurrentExecutions: 1000 },
    ...{ TotalCodeSize: 80_530_636_800, UnreservedConcurrentExecutions: isCount },
  },
  AccountUsage: { FunctionCount: isCount, TotalCodeSize: isCount },
});

/** The account's size before and after a step, which are that many bytes apart. */
const grows = (what: string, step: (client: LambdaClient) => Promise<unknown>, by: number): RecordedBehaviour => ({
  what: `GetAccountSettings after ${what}`,
  ask: async (client) => {
    await step(client);
    return settings(client);
  },
  aws: ACCOUNT,
  also: (body, kept: Kept) => {
    const { TotalCodeSize: size } = usage(body);
    assert.equal(size - Number(kept['size']), by);
    kept['size'] = size;
  },
});

const SIZES: readonly RecordedBehaviour[] = [
  {
    what: 'GetAccountSettings',
    ask: settings,
    aws: ACCOUNT,
    also: (body, kept) => void (kept['size'] = usage(body).TotalCodeSize),
  },
  grows(
    'a function was created',
    (client) => client.send(new CreateFunctionCommand(newFunction(SUM, { Code: { ZipFile: CODE } }))),
    CODE.length,
  ),
  grows(
    'its settings were changed',
    (client) => client.send(new UpdateFunctionConfigurationCommand({ FunctionName: SUM, Timeout: 7 })),
    0,
  ),
  grows('they were published', (client) => client.send(new PublishVersionCommand({ FunctionName: SUM })), CODE.length),
  {
    what: 'GetAccountSettings after a layer was published',
    ask: async (client) => {
      const content = zipOf([{ name: 'data.txt', content: 'of the sum' }]);
      await client.send(new PublishLayerVersionCommand({ LayerName: SUM, Content: { ZipFile: content } }));
      return settings(client);
    },
    aws: ACCOUNT,
    also: (body, kept) => assert.ok(usage(body).TotalCodeSize > Number(kept['size'])),
  },
];

/** What an account and a function may use. */
export const ACCOUNT_LIMITS: readonly RecordedGroup[] = [
  {
    about: 'reserved concurrency:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(NAME))),
    rows: RESERVED,
  },
  { about: 'the account:', rows: SIZES },
];
