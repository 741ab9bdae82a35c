import {
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  ListFunctionUrlConfigsCommand,
  PublishVersionCommand,
  UpdateFunctionUrlConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  conflict,
  empty,
  HTTP_URL,
  ISO_DATE,
  MISMATCH,
  missing,
  ok,
  type Expected,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

interface Named {
  readonly FunctionName: string;
  readonly Qualifier?: string;
}

const OPERATIONS = {
  CreateFunctionUrlConfig: (client: LambdaClient, named: Named): Promise<unknown> =>
    client.send(new CreateFunctionUrlConfigCommand({ AuthType: 'NONE', ...named })),
  GetFunctionUrlConfig: (client: LambdaClient, named: Named): Promise<unknown> =>
    client.send(new GetFunctionUrlConfigCommand(named)),
  DeleteFunctionUrlConfig: (client: LambdaClient, named: Named): Promise<unknown> =>
    client.send(new DeleteFunctionUrlConfigCommand(named)),
  UpdateFunctionUrlConfig: (client: LambdaClient, named: Named): Promise<unknown> =>
    client.send(new UpdateFunctionUrlConfigCommand({ AuthType: 'NONE', ...named })),
} as const;

type Operation = keyof typeof OPERATIONS;

const ask = (operation: Operation, what: string, named: Named, aws: WireAnswer): RecordedBehaviour => ({
  what: `${operation} ${what}`,
  ask: (client) => OPERATIONS[operation](client, named),
  aws,
});

const NAME = 'urls-refused';
const absent = missing('The resource you requested does not exist.');
const nothing = missing('Function does not exist');
const qualifier = (given: string): WireAnswer =>
  broken(
    `1 validation error detected: Value '${given}' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ${String.raw`((?!^\d+$)^[0-9a-zA-Z-_]+$)`}`,
  );

/** What each operation says of names, and what differs between them: of a function that is missing. */
function refusals(operation: Operation, unknown: WireAnswer): RecordedBehaviour[] {
  return [
    ask(operation, 'of no such function', { FunctionName: 'doesnotexist' }, unknown),
    ask(operation, 'of the ARN of no such function', { FunctionName: `${ARN}doesnotexist` }, unknown),
    ask(
      operation,
      'of a version of no such function',
      { FunctionName: 'doesnotexist', Qualifier: '1' },
      qualifier('1'),
    ),
    ask(operation, 'of a version', { FunctionName: NAME, Qualifier: '1' }, qualifier('1')),
    ask(operation, 'of no such version', { FunctionName: NAME, Qualifier: '2' }, qualifier('2')),
    ask(operation, 'of no such alias', { FunctionName: NAME, Qualifier: 'v1' }, unknown),
    ask(operation, 'of $LATEST', { FunctionName: NAME, Qualifier: '$LATEST' }, qualifier('$LATEST')),
  ];
}

const mismatch = (operation: Operation): RecordedBehaviour =>
  ask(
    operation,
    'of an ARN with another qualifier',
    { FunctionName: `${NAME}:urlalias-doesnotmatch`, Qualifier: 'urlalias' },
    MISMATCH,
  );

async function withAlias(client: LambdaClient, name: string): Promise<void> {
  await client.send(new CreateFunctionCommand(newFunction(name)));
  await client.send(new PublishVersionCommand({ FunctionName: name }));
  await client.send(new CreateAliasCommand({ FunctionName: name, Name: 'urlalias', FunctionVersion: '1' }));
}

const LIST = 'urls-list';
const LIFE = 'urls-life';
const config = (name: string, more: Record<string, Expected> = {}): Expected => ({
  ...{ AuthType: 'NONE', CreationTime: ISO_DATE, FunctionArn: `${ARN}${name}`, FunctionUrl: HTTP_URL },
  ...more,
});
const whole = { InvokeMode: 'BUFFERED', LastModifiedTime: ISO_DATE };
const list = (what: string, FunctionName: string, aws: WireAnswer): RecordedBehaviour => ({
  what: `ListFunctionUrlConfigs ${what}`,
  ask: (client) => client.send(new ListFunctionUrlConfigsCommand({ FunctionName })),
  aws,
});

/** Function URLs. */
export const URLS: readonly RecordedGroup[] = [
  {
    about: 'what function URLs may be of:',
    prepare: (client) => withAlias(client, NAME),
    rows: [
      ...refusals('CreateFunctionUrlConfig', nothing),
      mismatch('CreateFunctionUrlConfig'),
      ...refusals('GetFunctionUrlConfig', absent),
      mismatch('GetFunctionUrlConfig'),
      ask('GetFunctionUrlConfig', 'of a function without', { FunctionName: NAME }, absent),
      ...refusals('DeleteFunctionUrlConfig', absent),
      ask('DeleteFunctionUrlConfig', 'of a function without', { FunctionName: NAME }, absent),
      ...refusals('UpdateFunctionUrlConfig', nothing),
      mismatch('UpdateFunctionUrlConfig'),
      ask('UpdateFunctionUrlConfig', 'of a function without', { FunctionName: NAME }, absent),
    ],
  },
  {
    about: 'function URLs of a function and an alias:',
    prepare: (client) => withAlias(client, LIST),
    rows: [
      list('of no such function', 'doesnotexist', nothing),
      list('without any', LIST, ok({ FunctionUrlConfigs: [] })),
      ask('CreateFunctionUrlConfig', 'of the function', { FunctionName: LIST }, ok(config(LIST), 201)),
      ask(
        'CreateFunctionUrlConfig',
        'of the alias, named twice',
        { FunctionName: `${LIST}:urlalias`, Qualifier: 'urlalias' },
        ok(config(`${LIST}:urlalias`), 201),
      ),
      list('with both', LIST, ok({ FunctionUrlConfigs: [config(LIST, whole), config(`${LIST}:urlalias`, whole)] })),
    ],
  },
  {
    about: 'the life of a function URL:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(LIFE))),
    rows: [
      ask('CreateFunctionUrlConfig', 'of a function', { FunctionName: LIFE }, ok(config(LIFE), 201)),
      ask(
        'CreateFunctionUrlConfig',
        'once more',
        { FunctionName: LIFE },
        conflict(
          `Failed to create function url config for [functionArn = ${ARN}${LIFE}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
        ),
      ),
      ask('GetFunctionUrlConfig', 'of the function', { FunctionName: LIFE }, ok(config(LIFE, whole))),
      ask(
        'UpdateFunctionUrlConfig',
        'shows no mode that was not given',
        { FunctionName: LIFE },
        ok(config(LIFE, { LastModifiedTime: ISO_DATE })),
      ),
      ask('DeleteFunctionUrlConfig', 'of the function', { FunctionName: LIFE }, empty()),
      ask('GetFunctionUrlConfig', 'after it', { FunctionName: LIFE }, absent),
    ],
  },
];
