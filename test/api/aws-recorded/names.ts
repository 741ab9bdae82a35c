import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionUrlConfigCommand,
  InvokeCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  configuration,
  empty,
  invalid,
  MISMATCH,
  missing,
  ok,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

interface Named {
  readonly FunctionName: string;
  readonly Qualifier?: string;
}

type Ask = (client: LambdaClient, named: Named) => Promise<unknown>;

/** Operations that take a function and mostly a qualifier. */
const OPERATIONS = {
  GetFunction: (client, named) => client.send(new GetFunctionCommand(named)),
  GetFunctionConfiguration: (client, named) => client.send(new GetFunctionConfigurationCommand(named)),
  GetFunctionUrlConfig: (client, named) => client.send(new GetFunctionUrlConfigCommand(named)),
  GetFunctionCodeSigningConfig: (client, named) => client.send(new GetFunctionCodeSigningConfigCommand(named)),
  GetFunctionEventInvokeConfig: (client, named) => client.send(new GetFunctionEventInvokeConfigCommand(named)),
  GetFunctionConcurrency: (client, named) => client.send(new GetFunctionConcurrencyCommand(named)),
  DeleteFunction: (client, named) => client.send(new DeleteFunctionCommand(named)),
} as const satisfies Record<string, Ask>;

type Operation = keyof typeof OPERATIONS;

function row(operation: Operation, what: string, named: Named, aws: WireAnswer): RecordedBehaviour {
  return { what: `${operation} ${what}`, ask: (client) => OPERATIONS[operation](client, named), aws };
}

const NOBODY = 'i-dont-exist';
const HERE = 'names-here';
const notFound = (name: string): WireAnswer => missing(`Function not found: ${ARN}${name}`);
const noEvents = (name: string): WireAnswer => missing(`The function ${ARN}${name} doesn't have an EventInvokeConfig`);
const elsewhere = missing("Functions from 'eu-central-1' are not reachable in this region ('us-east-1')");
const ELSEWHERE = `arn:aws:lambda:eu-central-1:000000000000:function:${HERE}`;

const mismatched: readonly Operation[] = ['DeleteFunction', 'GetFunction', 'GetFunctionConfiguration'];

/** Which function a request means. */
export const NAMES: RecordedGroup = {
  about: 'names, ARNs and qualifiers:',
  prepare: (client) => client.send(new CreateFunctionCommand(newFunction(HERE))),
  rows: [
    ...mismatched.map((operation) =>
      row(
        operation,
        'of an ARN with another qualifier than the one beside it',
        { FunctionName: `${ARN}some-function:1`, Qualifier: '$LATEST' },
        MISMATCH,
      ),
    ),
    row(
      'DeleteFunction',
      'of an ARN with the same qualifier, which is that of the function',
      { FunctionName: `${ARN}some-function:$LATEST`, Qualifier: '$LATEST' },
      invalid('$LATEST version cannot be deleted without deleting the function.'),
    ),
    row(
      'GetFunction',
      'of an ARN with the same qualifier, of nothing',
      { FunctionName: `${ARN}some-function:$LATEST`, Qualifier: '$LATEST' },
      notFound('some-function:$LATEST'),
    ),
    row(
      'GetFunctionConfiguration',
      'of an ARN with the same qualifier, of nothing',
      { FunctionName: `${ARN}some-function:$LATEST`, Qualifier: '$LATEST' },
      notFound('some-function:$LATEST'),
    ),
    row('GetFunction', 'of no such version', { FunctionName: HERE, Qualifier: '1221' }, notFound(`${HERE}:1221`)),
    row(
      'GetFunctionConfiguration',
      'of no such version',
      { FunctionName: HERE, Qualifier: '1221' },
      notFound(`${HERE}:1221`),
    ),
    row(
      'GetFunctionEventInvokeConfig',
      'of no such version',
      { FunctionName: HERE, Qualifier: '1221' },
      noEvents(`${HERE}:1221`),
    ),
    row('DeleteFunction', 'of no such version', { FunctionName: HERE, Qualifier: '1233' }, empty()),
    row('DeleteFunction', 'of no such version once more', { FunctionName: HERE, Qualifier: '1233' }, empty()),
    row('DeleteFunction', 'of no such function', { FunctionName: NOBODY }, notFound(NOBODY)),
    row(
      'DeleteFunction',
      'of a version of no such function',
      { FunctionName: NOBODY, Qualifier: '1233' },
      notFound(NOBODY),
    ),
    row('GetFunction', 'of no such function', { FunctionName: NOBODY }, notFound(NOBODY)),
    row('GetFunctionConfiguration', 'of no such function', { FunctionName: NOBODY }, notFound(NOBODY)),
    row(
      'GetFunctionUrlConfig',
      'of no such function',
      { FunctionName: NOBODY },
      missing('The resource you requested does not exist.'),
    ),
    row('GetFunctionCodeSigningConfig', 'of no such function', { FunctionName: NOBODY }, notFound(NOBODY)),
    row('GetFunctionEventInvokeConfig', 'of no such function', { FunctionName: NOBODY }, noEvents(`${NOBODY}:$LATEST`)),
    row('GetFunctionConcurrency', 'of no such function', { FunctionName: NOBODY }, notFound(NOBODY)),
    ...(Object.keys(OPERATIONS) as Operation[]).map((operation) =>
      row(operation, 'of an ARN of another region', { FunctionName: ELSEWHERE }, elsewhere),
    ),
    {
      what: 'Invoke of an ARN of another region',
      ask: (client) => client.send(new InvokeCommand({ FunctionName: ELSEWHERE })),
      aws: elsewhere,
      differs: {
        why: 'code with ARNs of real accounts runs unchanged',
        here: { status: 200, body: {} },
      },
    },
    {
      what: 'Invoke of what has no form of a name',
      ask: (client) =>
        client.send(new InvokeCommand({ FunctionName: 'arn:aws:lambda:us-east-1:123400000000@function:myfn' })),
      aws: broken(
        /^1 validation error detected: Value 'arn:aws:lambda:us-east-1:123400000000@function:myfn' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:/,
      ),
    },
    created('by its ARN', `${ARN}by-arn`, { status: 201, body: configuration('by-arn', 'created') }),
    created('by a part of its ARN', '000000000000:function:by-part', {
      status: 201,
      body: configuration('by-part', 'created'),
    }),
    created(
      'by no name',
      'invalid:function:name',
      broken(
        /^1 validation error detected: Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:/,
      ),
    ),
    created(
      'by a name that is too long',
      'a'.repeat(65),
      invalid(
        `1 validation error detected: Value '${'a'.repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
      ),
    ),
    created(
      'by an ARN that is too long',
      `${ARN}${'a'.repeat(141 - ARN.length)}`,
      broken(
        `1 validation error detected: Value '${ARN}${'a'.repeat(141 - ARN.length)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140`,
      ),
    ),
    created(
      'by an ARN of another region',
      'arn:aws:lambda:ap-southeast-1:000000000000:function:far',
      missing("Functions from 'ap-southeast-1' are not reachable in this region ('us-east-1')"),
    ),
    {
      ...created('by an ARN of another account', 'arn:aws:lambda:us-east-1:123456789012:function:theirs', {
        ...{ status: 403, error: 'AccessDeniedException' },
        body: { Message: null },
      }),
      differs: {
        why: 'says which account the functions are of',
        here: { status: 403, error: 'AccessDeniedException', body: { Message: /000000000000/ } },
      },
    },
  ],
};

function created(what: string, name: string, aws: WireAnswer): RecordedBehaviour {
  return {
    what: `CreateFunction ${what}`,
    ask: (client) => client.send(new CreateFunctionCommand(newFunction(name))),
    aws,
  };
}

/** What is deleted is gone, whichever way it is looked for. */
export const GONE: RecordedGroup = {
  about: 'a function that was deleted:',
  prepare: (client) => client.send(new CreateFunctionCommand(newFunction('names-gone'))),
  rows: [
    row('DeleteFunction', 'of the function', { FunctionName: 'names-gone' }, empty()),
    row('DeleteFunction', 'once more', { FunctionName: 'names-gone' }, notFound('names-gone')),
    row('GetFunction', 'after it', { FunctionName: 'names-gone' }, notFound('names-gone')),
    {
      what: 'CreateFunction of its name again',
      ask: (client) => client.send(new CreateFunctionCommand(newFunction('names-gone'))),
      aws: ok(configuration('names-gone', 'created'), 201),
    },
  ],
};
