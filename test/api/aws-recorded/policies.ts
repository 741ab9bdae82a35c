import assert from 'node:assert/strict';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  GetPolicyCommand,
  PublishVersionCommand,
  RemovePermissionCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  broken,
  conflict,
  empty,
  ID,
  invalid,
  MISMATCH,
  missing,
  ok,
  stale,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const NAME = 'policies-refused';
const BUCKET = 'arn:aws:s3:::test-bucket';
const s3 = { Action: 'lambda:InvokeFunction', StatementId: 's3', Principal: 's3.amazonaws.com' };

const add = (what: string, more: object, aws: WireAnswer, name = NAME): RecordedBehaviour => ({
  what: `AddPermission ${what}`,
  ask: (client) => client.send(new AddPermissionCommand({ FunctionName: name, ...s3, ...more })),
  aws,
});
const get = (
  what: string,
  FunctionName: string,
  Qualifier: string | undefined,
  aws: WireAnswer,
): RecordedBehaviour => ({
  what: `GetPolicy ${what}`,
  ask: (client) => client.send(new GetPolicyCommand({ FunctionName, Qualifier })),
  aws,
});
const remove = (what: string, more: object, aws: WireAnswer, name = NAME): RecordedBehaviour => ({
  what: `RemovePermission ${what}`,
  ask: (client) => client.send(new RemovePermissionCommand({ FunctionName: name, StatementId: 's3', ...more })),
  aws,
});

const said = (value: unknown): unknown => JSON.parse(String(value)) as unknown;
/** A text of JSON that means this. */
const json =
  (wanted: unknown) =>
  (value: unknown): boolean => {
    assert.deepEqual(said(value), wanted);
    return true;
  };

interface Statement {
  readonly name: string;
  readonly sid?: string;
  readonly principal?: unknown;
  readonly action?: string;
  readonly condition?: unknown;
}

const statement = ({ name, sid = 's3', condition, ...rest }: Statement): object => ({
  Sid: sid,
  Effect: 'Allow',
  Principal: rest.principal ?? { Service: 's3.amazonaws.com' },
  Action: rest.action ?? 'lambda:InvokeFunction',
  Resource: `${ARN}${name}`,
  ...(condition === undefined ? {} : { Condition: condition }),
});
const added = (wanted: Statement): WireAnswer => ok({ Statement: json(statement(wanted)) }, 201);
const policy = (...statements: readonly Statement[]): WireAnswer =>
  ok({
    Policy: json({ Version: '2012-10-17', Id: 'default', Statement: statements.map(statement) }),
    RevisionId: ID,
  });
const fromBucket = { ArnLike: { 'AWS:SourceArn': BUCKET } };
const absent = missing('The resource you requested does not exist.');

const REFUSED_ROWS: readonly RecordedBehaviour[] = [
  add(
    'with an id that is none',
    { StatementId: 'example.com' },
    broken(
      "1 validation error detected: Value 'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
    ),
  ),
  add('with two qualifiers', { FunctionName: `${NAME}:alias-not-42`, Qualifier: '42' }, MISMATCH),
  add(
    'of $LATEST',
    { FunctionName: `${NAME}:$LATEST`, Qualifier: '$LATEST' },
    invalid('We currently do not support adding policies for $LATEST.'),
  ),
  add(
    'with a principal that is none',
    { StatementId: 'lambda', Principal: 'invalid.nonaws.com', SourceAccount: '000000000000' },
    invalid('The provided principal was invalid. Please check the principal and try again.'),
  ),
  get('of no such function', 'doesnotexist', undefined, missing(`Function not found: ${ARN}doesnotexist`)),
  get('of no such version', NAME, '77', absent),
  add('of no such function', { FunctionName: 'doesnotexist' }, missing(`Function not found: ${ARN}doesnotexist`)),
  remove('where there is no policy', {}, missing('No policy is associated with the given resource.')),
  add(
    'of no such alias',
    { FunctionName: `${NAME}:alias-doesnotexist` },
    missing(`Cannot find alias arn: ${ARN}${NAME}:alias-doesnotexist`),
  ),
  add('of no such version', { Qualifier: '42' }, missing(`Function not found: ${ARN}${NAME}:42`)),
  add(
    'with a qualifier that is none',
    { Qualifier: 'invalid-qualifier-with-?-char' },
    broken(
      /^1 validation error detected: Value 'invalid-qualifier-with-\?-char' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: /,
    ),
  ),
  add(
    'with a qualifier with $, which is neither alias nor version',
    { Qualifier: 'valid-with-$-but-doesnotexist' },
    missing(`Function not found: ${ARN}${NAME}:valid-with-$-but-doesnotexist`),
  ),
  add('of a bucket', { SourceArn: BUCKET }, added({ name: NAME, condition: fromBucket })),
  add(
    'with an id that is taken',
    { SourceArn: BUCKET },
    conflict(
      'The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.',
    ),
  ),
  remove('of no such function', { FunctionName: 'doesnotexist' }, missing(`No policy found for: ${ARN}doesnotexist`)),
  remove(
    'of no such alias',
    { Qualifier: 'alias-doesnotexist' },
    missing(`Cannot find alias arn: ${ARN}${NAME}:alias-doesnotexist`),
  ),
];

const FIELDS = 'policies-fields';
const ACCOUNT = { SourceAccount: '000000000000' };
const ofAccount = { StringEquals: { 'AWS:SourceAccount': '000000000000' } };
const SKILL = 'amzn1.ask.skill.xxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx';
const field = (what: string, more: object, wanted: Omit<Statement, 'name'>): RecordedBehaviour =>
  add(what, { FunctionName: FIELDS, ...more }, added({ name: FIELDS, ...wanted }));

const FIELD_ROWS: readonly RecordedBehaviour[] = [
  field(
    'for everybody',
    { StatementId: 'wilcard', Principal: '*', ...ACCOUNT },
    { sid: 'wilcard', principal: '*', condition: ofAccount },
  ),
  field(
    'for a service',
    { StatementId: 'lambda', Principal: 'lambda.amazonaws.com', ...ACCOUNT },
    { sid: 'lambda', principal: { Service: 'lambda.amazonaws.com' }, condition: ofAccount },
  ),
  field(
    'for an account',
    { StatementId: 'account-id', Principal: '000000000000' },
    { sid: 'account-id', principal: { AWS: 'arn:aws:iam::000000000000:root' } },
  ),
  field(
    'for a user',
    { StatementId: 'user-arn', Principal: 'arn:aws:iam::000000000000:user/ada', ...ACCOUNT },
    { sid: 'user-arn', principal: { AWS: 'arn:aws:iam::000000000000:user/ada' }, condition: ofAccount },
  ),
  field(
    'with all fields',
    {
      ...{ StatementId: 'urlPermission', Action: 'lambda:InvokeFunctionUrl', Principal: '*', SourceArn: BUCKET },
      ...{ ...ACCOUNT, PrincipalOrgID: 'o-1234567890', FunctionUrlAuthType: 'NONE' },
    },
    {
      ...{ sid: 'urlPermission', principal: '*', action: 'lambda:InvokeFunctionUrl' },
      condition: {
        StringEquals: {
          ...{ 'lambda:FunctionUrlAuthType': 'NONE', 'aws:PrincipalOrgID': 'o-1234567890' },
          'AWS:SourceAccount': '000000000000',
        },
        ...fromBucket,
      },
    },
  ),
  field(
    'for a skill of Alexa',
    { StatementId: 'alexaSkill', Principal: '*', EventSourceToken: SKILL },
    { sid: 'alexaSkill', principal: '*', condition: { StringEquals: { 'lambda:EventSourceToken': SKILL } } },
  ),
];

const MANY = 'policies-many';
const first: Statement = { name: MANY };
const second: Statement = {
  ...{ name: MANY, sid: 'sqs', principal: { Service: 'sqs.amazonaws.com' }, condition: fromBucket },
};
const MANY_ROWS: readonly RecordedBehaviour[] = [
  add('of a first statement', {}, added(first), MANY),
  add(
    'of a second one',
    { StatementId: 'sqs', Principal: 'sqs.amazonaws.com', SourceArn: BUCKET },
    added(second),
    MANY,
  ),
  get('with both', MANY, undefined, policy(first, second)),
  remove(
    'of no such statement',
    { StatementId: 'non-existent' },
    missing('Statement non-existent is not found in resource policy.'),
    MANY,
  ),
  remove('of the second statement', { StatementId: 'sqs' }, empty(), MANY),
  get('after it', MANY, undefined, policy(first)),
  remove('of the first statement', {}, empty(), MANY),
  get('of none any more', MANY, undefined, absent),
];

const PARTS = 'policies-parts';
const part = (qualifier: string): Statement => ({ name: `${PARTS}:${qualifier}`, condition: fromBucket });
const whole: Statement = { name: PARTS, condition: fromBucket };
const PART_ROWS: readonly RecordedBehaviour[] = [
  add('of the function', { SourceArn: BUCKET }, added(whole), PARTS),
  get('of the function', PARTS, undefined, policy(whole)),
  get('of a version without any', PARTS, '1', absent),
  add('of a version, named twice', { FunctionName: `${PARTS}:1`, Qualifier: '1', SourceArn: BUCKET }, added(part('1'))),
  get('of the version', PARTS, '1', policy(part('1'))),
  add('of an alias at a revision that is not the last', { Qualifier: 'part', RevisionId: 'wrong' }, stale, PARTS),
  {
    what: 'AddPermission of an alias at its own revision',
    ask: (client, { alias }) =>
      client.send(
        new AddPermissionCommand({
          ...{ FunctionName: `${PARTS}:part`, Qualifier: 'part', SourceArn: BUCKET, RevisionId: String(alias) },
          ...s3,
        }),
      ),
    aws: added(part('part')),
  },
  get('of the alias', PARTS, 'part', policy(part('part'))),
  {
    ...get('of the function, which stays', PARTS, undefined, policy(whole)),
    also: ({ RevisionId: id }, kept) => void (kept['last'] = id),
  },
  {
    what: 'AddPermission of the function at the revision of its policy',
    ask: (client, { last }) =>
      client.send(
        new AddPermissionCommand({
          ...{ FunctionName: PARTS, ...s3, StatementId: 's3_2', SourceArn: BUCKET, RevisionId: String(last) },
        }),
      ),
    aws: added({ ...whole, sid: 's3_2' }),
  },
  get('of the function, with both', PARTS, undefined, policy(whole, { ...whole, sid: 's3_2' })),
];

const made = (name: string) => (client: LambdaClient) => client.send(new CreateFunctionCommand(newFunction(name)));

/** Resource policies. */
export const POLICIES: readonly RecordedGroup[] = [
  { about: 'what resource policies may be:', prepare: made(NAME), rows: REFUSED_ROWS },
  { about: 'statements of policies:', prepare: made(FIELDS), rows: FIELD_ROWS },
  { about: 'policies of several statements:', prepare: made(MANY), rows: MANY_ROWS },
  {
    about: 'policies of versions and aliases:',
    async prepare(client, kept) {
      await made(PARTS)(client);
      await client.send(new PublishVersionCommand({ FunctionName: PARTS }));
      const alias = await client.send(
        new CreateAliasCommand({ FunctionName: PARTS, Name: 'part', FunctionVersion: '1' }),
      );
      kept['alias'] = alias.RevisionId;
    },
    rows: PART_ROWS,
  },
];
