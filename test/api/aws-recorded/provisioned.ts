import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  ListProvisionedConcurrencyConfigsCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  conflict,
  DATE,
  empty,
  invalid,
  missing,
  ok,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const NAME = 'provisioned-refused';
const LIFE = 'provisioned-life';

type Ask = (client: LambdaClient, FunctionName: string, Qualifier: string) => Promise<unknown>;
const GET: Ask = (client, FunctionName, Qualifier) =>
  client.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
const DELETE: Ask = (client, FunctionName, Qualifier) =>
  client.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
const PUT: Ask = (client, FunctionName, Qualifier) =>
  client.send(
    new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions: 1 }),
  );

const row = (
  what: string,
  ask: Ask,
  [name, qualifier]: readonly [string, string],
  aws: WireAnswer,
): RecordedBehaviour => ({
  what: `${ask === GET ? 'Get' : ask === PUT ? 'Put' : 'Delete'}ProvisionedConcurrencyConfig ${what}`,
  ask: (client) => ask(client, name, qualifier),
  aws,
});
const list = (what: string, FunctionName: string, aws: WireAnswer): RecordedBehaviour => ({
  what: `ListProvisionedConcurrencyConfigs ${what}`,
  ask: (client) => client.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName })),
  aws,
});

const none: WireAnswer = {
  ...{ status: 404, error: 'ProvisionedConcurrencyConfigNotFoundException' },
  body: { Type: 'User', message: 'No Provisioned Concurrency Config found for this function' },
};
const noAlias = (arn: string): WireAnswer => missing(`Cannot find alias arn: ${ARN}${arn}`);
const noVersion = (arn: string): WireAnswer => missing(`Function not found: ${ARN}${arn}`);
const latest = invalid('The function resource provided must be an alias or a published version.');
const begun = ok(
  {
    ...{ AllocatedProvisionedConcurrentExecutions: 0, AvailableProvisionedConcurrentExecutions: 0 },
    ...{ RequestedProvisionedConcurrentExecutions: 1, Status: 'IN_PROGRESS', LastModified: DATE },
  },
  202,
);

async function withAlias(client: LambdaClient, name: string): Promise<void> {
  await client.send(new CreateFunctionCommand(newFunction(name)));
  await client.send(new PublishVersionCommand({ FunctionName: name }));
  await client.send(new CreateAliasCommand({ FunctionName: name, Name: 'part', FunctionVersion: '1' }));
}

const REFUSED: readonly RecordedBehaviour[] = [
  row('of a version without', GET, [NAME, '1'], none),
  row('of no such function', GET, ['doesnotexist', 'noalias'], noAlias('doesnotexist:noalias')),
  row('of no such alias', GET, [NAME, 'noalias'], noAlias(`${NAME}:noalias`)),
  row('of no such version', GET, [NAME, '10'], noVersion(`${NAME}:10`)),
  row('of $LATEST', GET, [NAME, '$LATEST'], latest),
  list('of a function without', NAME, ok({ ProvisionedConcurrencyConfigs: [] })),
  list('of no such function', 'doesnotexist', noVersion('doesnotexist')),
  row('of no such function', DELETE, ['doesnotexist', '1'], noVersion('doesnotexist:1')),
  row('of no such alias', DELETE, [NAME, 'noalias'], noAlias(`${NAME}:noalias`)),
  row('of no such version', DELETE, [NAME, '10'], noVersion(`${NAME}:10`)),
  row('of $LATEST', DELETE, [NAME, '$LATEST'], latest),
  row('of a version without', DELETE, [NAME, '1'], empty()),
  {
    what: 'PutProvisionedConcurrencyConfig of none',
    ask: (client) =>
      client.send(
        new PutProvisionedConcurrencyConfigCommand({
          ...{ FunctionName: NAME, Qualifier: '1', ProvisionedConcurrentExecutions: 0 },
        }),
      ),
    aws: broken(
      "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ),
  },
  row('of an alias of no such function', PUT, ['doesnotexist', 'noalias'], noAlias('doesnotexist:noalias')),
  row('of a version of no such function', PUT, ['doesnotexist', '1'], noVersion('doesnotexist:1')),
  row('of no such alias', PUT, [NAME, 'doesnotexist'], noAlias(`${NAME}:doesnotexist`)),
  row('of no such version', PUT, [NAME, '10'], noVersion(`${NAME}:10`)),
  row(
    'of $LATEST',
    PUT,
    [NAME, '$LATEST'],
    invalid('Provisioned Concurrency Configs cannot be applied to unpublished function versions.'),
  ),
];

const LIVED: readonly RecordedBehaviour[] = [
  row('of a version', PUT, [LIFE, '1'], begun),
  row(
    'of an alias of that version',
    PUT,
    [LIFE, 'part'],
    conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"),
  ),
  row('of the version', DELETE, [LIFE, '1'], empty()),
  row('of the version after it', GET, [LIFE, '1'], none),
  row('of the alias', PUT, [LIFE, 'part'], begun),
  row(
    'of the version of that alias',
    PUT,
    [LIFE, '1'],
    conflict('Version is pointed by a Provisioned Concurrency alias'),
  ),
  {
    what: 'DeleteAlias ends what is provisioned for it',
    ask: (client) => client.send(new DeleteAliasCommand({ FunctionName: LIFE, Name: 'part' })),
    aws: empty(),
  },
  row('of the alias after it', GET, [LIFE, 'part'], noAlias(`${LIFE}:part`)),
  list('after all', LIFE, ok({ ProvisionedConcurrencyConfigs: [] })),
];

/** Provisioned concurrency. */
export const PROVISIONED: readonly RecordedGroup[] = [
  { about: 'what may be provisioned:', prepare: (client) => withAlias(client, NAME), rows: REFUSED },
  { about: 'the life of provisioned concurrency:', prepare: (client) => withAlias(client, LIFE), rows: LIVED },
];
