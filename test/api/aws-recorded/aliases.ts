import assert from 'node:assert/strict';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  ListAliasesCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  conflict,
  empty,
  got,
  ID,
  invalid,
  missing,
  ok,
  type Expected,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const LIFE = 'aliases-life';

/** A function with versions 1 and 2, which have different environments. */
async function withTwo(client: LambdaClient, name: string): Promise<void> {
  const env = (testenv: string): object => ({ Environment: { Variables: { testenv } } });
  await client.send(new CreateFunctionCommand(newFunction(name, env('staging'))));
  await client.send(new PublishVersionCommand({ FunctionName: name }));
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...env('prod') }));
  await client.send(new PublishVersionCommand({ FunctionName: name }));
}

const alias = (name: string, Name: string, more: Record<string, Expected> = {}): Expected => ({
  AliasArn: `${ARN}${name}:${Name}`,
  ...{ Name, FunctionVersion: '1', Description: '', RevisionId: ID },
  ...more,
});
const custom = { Description: 'custom-alias' };
const weights = (
  given: Record<string, number>,
): { RoutingConfig: { AdditionalVersionWeights: Record<string, number> } } => ({
  RoutingConfig: { AdditionalVersionWeights: given },
});
const one = alias(LIFE, 'aliasname1_1', { ...custom, ...weights({ 2: 0.2 }) });
const bare = alias(LIFE, 'aliasname1_1', custom);
const others = [alias(LIFE, 'aliasname1_2', custom), alias(LIFE, 'aliasname1_3')];
const two = alias(LIFE, 'aliasname2', { ...custom, FunctionVersion: '2' });

const create = (what: string, Name: string, more: object, aws: WireAnswer): RecordedBehaviour => ({
  what: `CreateAlias ${what}`,
  ask: (client) => client.send(new CreateAliasCommand({ FunctionName: LIFE, Name, FunctionVersion: '1', ...more })),
  aws,
});
const get = (what: string, Name: string, aws: WireAnswer): RecordedBehaviour => ({
  what: `GetAlias ${what}`,
  ask: (client) => client.send(new GetAliasCommand({ FunctionName: LIFE, Name })),
  aws,
});
const list = (what: string, more: object, Aliases: readonly Expected[]): RecordedBehaviour => ({
  what: `ListAliases ${what}`,
  ask: (client) => client.send(new ListAliasesCommand({ FunctionName: LIFE, ...more })),
  aws: ok({ Aliases }),
});
const staging = { Environment: { Variables: { testenv: 'staging' } }, Version: '1' };

/** Aliases from their creation to their end. */
export const ALIASES: RecordedGroup = {
  about: 'the life of aliases:',
  prepare: (client) => withTwo(client, LIFE),
  rows: [
    create('with a weight', 'aliasname1_1', { ...custom, ...weights({ 2: 0.2 }) }, ok(one, 201)),
    get('with a weight', 'aliasname1_1', ok(one)),
    {
      what: 'GetFunction of an alias',
      ask: (client) => client.send(new GetFunctionCommand({ FunctionName: LIFE, Qualifier: 'aliasname1_1' })),
      aws: got(LIFE, { ...staging, FunctionArn: `${ARN}${LIFE}:aliasname1_1` }),
    },
    {
      what: 'GetFunction of the ARN of an alias',
      ask: (client) => client.send(new GetFunctionCommand({ FunctionName: `${ARN}${LIFE}:aliasname1_1` })),
      aws: got(LIFE, { ...staging, FunctionArn: `${ARN}${LIFE}:aliasname1_1` }),
    },
    {
      what: 'GetFunction of no such alias',
      ask: (client) => client.send(new GetFunctionCommand({ FunctionName: LIFE, Qualifier: 'aliasdoesnotexist' })),
      aws: missing(`Function not found: ${ARN}${LIFE}:aliasdoesnotexist`),
    },
    {
      what: 'GetFunction of the ARN of no such alias',
      ask: (client) => client.send(new GetFunctionCommand({ FunctionName: `${ARN}${LIFE}:aliasdoesnotexist` })),
      aws: missing(`Function not found: ${ARN}${LIFE}:aliasdoesnotexist`),
    },
    create('with a description', 'aliasname1_2', custom, ok(others[0] ?? '', 201)),
    get('with a description', 'aliasname1_2', ok(others[0] ?? '')),
    create('without a description', 'aliasname1_3', {}, ok(others[1] ?? '', 201)),
    get('without a description', 'aliasname1_3', ok(others[1] ?? '')),
    create('of another version', 'aliasname2', { ...custom, FunctionVersion: '2' }, ok(two, 201)),
    get('of another version', 'aliasname2', ok(two)),
    list('of a function', {}, [one, ...others, two]),
    {
      what: 'UpdateAlias to no weights',
      ask: (client) =>
        client.send(new UpdateAliasCommand({ FunctionName: LIFE, Name: 'aliasname1_1', ...weights({}) })),
      aws: ok(bare),
    },
    get('without weights', 'aliasname1_1', ok(bare)),
    list('after it', {}, [bare, ...others, two]),
    {
      what: 'UpdateAlias without a change',
      ask: (client) => client.send(new UpdateAliasCommand({ FunctionName: LIFE, Name: 'aliasname1_2' })),
      aws: ok(others[0] ?? ''),
    },
    get('after no change', 'aliasname1_2', ok(others[0] ?? '')),
    list('of a version', { FunctionVersion: '1' }, [bare, ...others]),
    {
      what: 'DeleteAlias',
      ask: (client) => client.send(new DeleteAliasCommand({ FunctionName: LIFE, Name: 'aliasname1_1' })),
      aws: empty(),
    },
    {
      what: 'DeleteAlias of what is gone',
      ask: (client) => client.send(new DeleteAliasCommand({ FunctionName: LIFE, Name: 'aliasname1_1' })),
      aws: empty(),
    },
    list('after a deletion', {}, [...others, two]),
  ],
};

const ROUTES = 'aliases-routes';
const route = (what: string, more: object, aws: WireAnswer): RecordedBehaviour => ({
  what: `CreateAlias ${what}`,
  ask: (client) =>
    client.send(new CreateAliasCommand({ FunctionName: ROUTES, Name: 'custom', FunctionVersion: '1', ...more })),
  aws,
});
const VALUES =
  'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]';
const outside = (shown: string): WireAnswer =>
  broken(
    `1 validation error detected: Value '{2=${shown}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: ${VALUES}`,
  );

/** What aliases cannot lead to, and how they may be called. */
export const ROUTING: RecordedGroup = {
  about: 'where aliases may lead:',
  prepare: (client) => withTwo(client, ROUTES),
  rows: [
    route(
      'with two weights',
      weights({ 1: 0.8, 2: 0.2 }),
      invalid('Number of items in AdditionalVersionWeights cannot be greater than 1'),
    ),
    route('with a weight of more than all', weights({ 2: 2 }), outside('2.0')),
    route('with a weight of less than nothing', weights({ 2: -1 }), outside('-1.0')),
    route(
      'with a weight for its own version',
      weights({ 1: 0.5 }),
      invalid('Invalid function version 1. Function version 1 is already included in routing configuration.'),
    ),
    route(
      'to no such version',
      { FunctionVersion: '10', ...weights({ 2: 0.5 }) },
      missing(`Function not found: ${ARN}${ROUTES}:10`),
    ),
    route('with a weight for no such version', weights({ 10: 0.5 }), missing(`Function not found: ${ARN}${ROUTES}:10`)),
    {
      ...route(
        'to $LATEST with a weight',
        { FunctionVersion: '$LATEST', ...weights({ 1: 0.5 }) },
        {
          ...{ status: 400, error: 'InvalidParameterValueException' },
          body: { message: '$LATEST is not supported for an alias pointing to more than 1 version' },
        },
      ),
      differs: {
        why: 'has a Type, as all others',
        here: invalid('$LATEST is not supported for an alias pointing to more than 1 version'),
      },
    },
    route(
      'with a weight for $LATEST',
      weights({ $LATEST: 0.5 }),
      broken(
        "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]",
      ),
    ),
    {
      ...route(
        'to $LATEST',
        { Name: 'custom-latest', FunctionVersion: '$LATEST' },
        ok(alias(ROUTES, 'custom-latest', { FunctionVersion: '$LATEST' }), 201),
      ),
      differs: {
        why: 'an alias of lam leads to versions',
        here: invalid('an alias of lam leads to published versions; the unqualified function leads to $LATEST'),
      },
    },
    route(
      'of no such function',
      { FunctionName: `${ROUTES}-unknown`, ...weights({ 2: 0.5 }) },
      missing(`Function not found: ${ARN}${ROUTES}-unknown:1`),
    ),
    route(
      'with an empty list of weights',
      { Name: 'custom-empty-routingconfig', ...weights({}) },
      ok(alias(ROUTES, 'custom-empty-routingconfig'), 201),
    ),
    route('with one weight', weights({ 2: 0.5 }), ok(alias(ROUTES, 'custom', weights({ 2: 0.5 })), 201)),
    route('of a name that is taken', weights({ 2: 0.5 }), conflict(`Alias already exists: ${ARN}${ROUTES}:custom`)),
    {
      what: 'GetAlias of no such name',
      ask: (client) => client.send(new GetAliasCommand({ FunctionName: ROUTES, Name: 'non-existent' })),
      aws: missing(`Cannot find alias arn: ${ARN}${ROUTES}:non-existent`),
    },
    {
      what: 'UpdateAlias of no such name',
      ask: (client) => client.send(new UpdateAliasCommand({ FunctionName: ROUTES, Name: 'non-existent' })),
      aws: missing(`Alias not found: ${ARN}${ROUTES}:non-existent`),
    },
    route('with a name like a date', { Name: '2024-01-02', ...custom }, ok(alias(ROUTES, '2024-01-02', custom), 201)),
    {
      what: 'Invoke of an alias with a name like a date',
      ask: (client) => client.send(new InvokeCommand({ FunctionName: `${ROUTES}:2024-01-02` })),
      aws: { status: 200, body: {}, headers: { 'x-amz-executed-version': '1' } },
      also: (body) => assert.deepEqual(body, {}),
    },
    route(
      'with a number as its name',
      { Name: '2024' },
      broken(
        "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
      ),
    ),
  ],
};
