import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  ListFunctionEventInvokeConfigsCommand,
  PublishVersionCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  empty,
  invalid,
  isSeconds,
  MISMATCH,
  missing,
  ok,
  type Expected,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const NAME = 'events-refused';
const OTHER = 'events-other';
const LIFE = 'events-life';

const config = (arn: string, more: Record<string, Expected> = {}): Expected => ({
  ...{ DestinationConfig: { OnFailure: {}, OnSuccess: {} }, FunctionArn: `${ARN}${arn}`, LastModified: isSeconds },
  ...more,
});
const shown = (arn: string, more: Record<string, Expected> = {}): WireAnswer => ok(config(arn, more));
const none = (arn: string): WireAnswer => missing(`The function ${ARN}${arn} doesn't have an EventInvokeConfig`);
const nothing = missing("The function doesn't exist.");
const once = { MaximumRetryAttempts: 1 };

const put = (what: string, more: object, aws: WireAnswer, name = NAME): RecordedBehaviour => ({
  what: `PutFunctionEventInvokeConfig ${what}`,
  ask: (client) => client.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: name, ...more })),
  aws,
});
const update = (what: string, more: object, aws: WireAnswer, name = NAME): RecordedBehaviour => ({
  what: `UpdateFunctionEventInvokeConfig ${what}`,
  ask: (client) => client.send(new UpdateFunctionEventInvokeConfigCommand({ FunctionName: name, ...more })),
  aws,
});
const get = (what: string, aws: WireAnswer, name = NAME, Qualifier?: string): RecordedBehaviour => ({
  what: `GetFunctionEventInvokeConfig ${what}`,
  ask: (client) => client.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: name, Qualifier })),
  aws,
});
const remove = (what: string, aws: WireAnswer, name = NAME, Qualifier?: string): RecordedBehaviour => ({
  what: `DeleteFunctionEventInvokeConfig ${what}`,
  ask: (client) => client.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName: name, Qualifier })),
  aws,
});
const list = (what: string, aws: WireAnswer, name = NAME): RecordedBehaviour => ({
  what: `ListFunctionEventInvokeConfigs ${what}`,
  ask: (client) => client.send(new ListFunctionEventInvokeConfigsCommand({ FunctionName: name })),
  aws,
});

/** lam has one such configuration of all versions of a function. */
const ofOne = (row: RecordedBehaviour, qualifier: string): RecordedBehaviour => ({
  ...row,
  differs: {
    why: 'one configuration counts for all versions',
    here: invalid(`lam has one such configuration for all versions: leave out the qualifier '${qualifier}'`),
  },
});
const destination = (Destination: string): object => ({ DestinationConfig: { OnSuccess: { Destination } } });

async function withAlias(client: LambdaClient): Promise<void> {
  await client.send(new CreateFunctionCommand(newFunction(OTHER)));
  await client.send(new CreateFunctionCommand(newFunction(NAME)));
  await client.send(new PublishVersionCommand({ FunctionName: NAME }));
  await client.send(new CreateAliasCommand({ FunctionName: NAME, Name: 'part', FunctionVersion: '1' }));
}

const DESTINATIONS: readonly RecordedBehaviour[] = [
  put('of no such function', { FunctionName: 'doesnotexist', ...once }, nothing),
  put('of the ARN of no such function', { FunctionName: `${ARN}doesnotexist`, ...once }, nothing),
  put(
    'with nothing, whichever function it is',
    { FunctionName: 'doesnotexist' },
    invalid('You must specify at least one of error handling or destination setting.'),
  ),
  put(
    'to no such function',
    destination(`${ARN}doesnotexist`),
    invalid(`The destination ARN ${ARN}doesnotexist is invalid.`),
  ),
  put(
    'to the function itself',
    destination(`${ARN}${NAME}`),
    invalid("You can't specify the function as a destination for itself."),
  ),
  put(
    'to another function',
    destination(`${ARN}${OTHER}`),
    shown(`${NAME}:$LATEST`, { DestinationConfig: { OnFailure: {}, OnSuccess: { Destination: `${ARN}${OTHER}` } } }),
  ),
  put(
    'to a service that takes none',
    destination(`arn:aws:iam:us-east-1:000000000000:function:${NAME}`),
    invalid(
      `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:us-east-1:000000000000:function:${NAME}), onFailure=null) is invalid.`,
    ),
  ),
  put('with an empty destination of successes', { DestinationConfig: { OnSuccess: {} } }, shown(`${NAME}:$LATEST`)),
  put('with an empty destination of failures', { DestinationConfig: { OnFailure: {} } }, shown(`${NAME}:$LATEST`)),
  put(
    'to what is no ARN',
    { DestinationConfig: { OnFailure: { Destination: `arn:aws:_-/!lambda:us-east-1:000000000000:function:${NAME}` } } },
    broken(
      new RegExp(
        `^1 validation error detected: Value 'arn:aws:_-/!lambda:us-east-1:000000000000:function:${NAME}' at 'destinationConfig\\.onFailure\\.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: `,
      ),
    ),
  ),
];

const QUALIFIED: readonly RecordedBehaviour[] = [
  put('without a qualifier', once, shown(`${NAME}:$LATEST`, once)),
  put('of $LATEST', { Qualifier: '$LATEST', ...once }, shown(`${NAME}:$LATEST`, once)),
  ofOne(put('of a version', { Qualifier: '1', ...once }, shown(`${NAME}:1`, once)), '1'),
  ofOne(put('of an alias', { Qualifier: 'part', ...once }, shown(`${NAME}:part`, once)), 'part'),
  put('of no such alias', { Qualifier: 'partdoesnotexist', ...once }, nothing),
  ofOne(
    put('of the ARN of an alias', { FunctionName: `${ARN}${NAME}:part`, ...once }, shown(`${NAME}:part`, once)),
    'part',
  ),
  put(
    'of the ARN of an alias with another qualifier',
    { FunctionName: `${ARN}${NAME}:part`, Qualifier: 'partdoesnotexist', ...once },
    MISMATCH,
  ),
  put(
    'of a name and an alias with another qualifier',
    { FunctionName: `${NAME}:part`, Qualifier: 'partdoesnotexist', ...once },
    MISMATCH,
  ),
  ofOne(put('of a name and a version', { FunctionName: `${NAME}:1`, ...once }, shown(`${NAME}:1`, once)), '1'),
  put(
    'of $LATEST, named twice',
    { FunctionName: `${NAME}:$LATEST`, Qualifier: '$LATEST', ...once },
    shown(`${NAME}:$LATEST`, once),
  ),
  put('of a version and $LATEST', { FunctionName: `${NAME}:1`, Qualifier: '$LATEST', ...once }, MISMATCH),
  put('of $LATEST and a version', { FunctionName: `${NAME}:$LATEST`, Qualifier: '1', ...once }, MISMATCH),
  put('of a version and an alias', { FunctionName: `${NAME}:1`, Qualifier: 'part', ...once }, MISMATCH),
];

const most = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21_600 };
const both = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 };
const never = { MaximumRetryAttempts: 0 };
const merged = { ...both, ...never };

const WRITTEN: readonly RecordedBehaviour[] = [
  put('with the largest values', most, shown(`${NAME}:$LATEST`, most)),
  put('with both', both, shown(`${NAME}:$LATEST`, both)),
  put('with one, which ends the other', never, shown(`${NAME}:$LATEST`, never)),
  put('with the same once more', never, shown(`${NAME}:$LATEST`, never)),
  get('after it', shown(`${NAME}:$LATEST`, never)),
  put('with both once more', both, shown(`${NAME}:$LATEST`, both)),
  update('of one, which leaves the other', never, shown(`${NAME}:$LATEST`, merged)),
  update('without a change', never, shown(`${NAME}:$LATEST`, merged)),
  list('of a function', ok({ FunctionEventInvokeConfigs: [config(`${NAME}:$LATEST`, merged)] })),
  remove('of $LATEST', empty(), NAME, '$LATEST'),
  list('after it', ok({ FunctionEventInvokeConfigs: [] })),
  remove('of a function without', none(`${NAME}:$LATEST`)),
  remove('of no such function', none('doesnotexist:$LATEST'), 'doesnotexist'),
  list('of no such function', nothing, 'doesnotexist'),
  get('of no such function', none('doesnotexist:$LATEST'), 'doesnotexist'),
  get('of no such alias', none(`${NAME}:doesnotexist`), NAME, 'doesnotexist'),
  update('of no such function', { FunctionName: 'doesnotexist', ...never }, nothing),
  get('of an alias without', none(`${NAME}:part`), `${ARN}${NAME}:part`),
  update('of an alias without', { FunctionName: `${ARN}${NAME}:part`, ...never }, none(`${NAME}:part`)),
  update('of a function without', { FunctionName: `${ARN}${NAME}`, ...never }, none(`${NAME}:$LATEST`)),
];

const aged = { MaximumEventAgeInSeconds: 60 };

/** What happens with events that fail. */
export const EVENTS: readonly RecordedGroup[] = [
  { about: 'where events may go:', prepare: withAlias, rows: DESTINATIONS },
  { about: 'which versions events are of:', rows: QUALIFIED },
  { about: 'configurations of events that are written anew:', rows: WRITTEN },
  {
    about: 'the life of a configuration of events:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(LIFE))),
    rows: [
      put('without retries', never, shown(`${LIFE}:$LATEST`, never), LIFE),
      put('with an age', aged, shown(`${LIFE}:$LATEST`, aged), LIFE),
      update('with the same age', aged, shown(`${LIFE}:$LATEST`, aged), LIFE),
      update('with a retry', once, shown(`${LIFE}:$LATEST`, { ...aged, ...once }), LIFE),
      get('without a qualifier', shown(`${LIFE}:$LATEST`, { ...aged, ...once }), LIFE),
      get('of $LATEST', shown(`${LIFE}:$LATEST`, { ...aged, ...once }), LIFE, '$LATEST'),
      list('with one', ok({ FunctionEventInvokeConfigs: [config(`${LIFE}:$LATEST`, { ...aged, ...once })] }), LIFE),
    ],
  },
];
