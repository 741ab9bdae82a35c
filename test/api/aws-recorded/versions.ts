import assert from 'node:assert/strict';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { codeZip, newFunction } from '../../support/aws-house.ts';
import {
  ARN,
  configuration,
  empty,
  got,
  ID,
  invalid,
  ok,
  stale,
  type Expected,
  type Kept,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const publish = (client: LambdaClient, name: string, more: object = {}): Promise<unknown> =>
  client.send(new PublishVersionCommand({ FunctionName: name, ...more }));
const configure = (client: LambdaClient, name: string, more: object): Promise<unknown> =>
  client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...more }));
const get = (client: LambdaClient, name: string, qualifier?: string): Promise<unknown> =>
  client.send(new GetFunctionCommand({ FunctionName: name, Qualifier: qualifier }));
const list = (client: LambdaClient, name: string): Promise<unknown> =>
  client.send(new ListVersionsByFunctionCommand({ FunctionName: name }));

/** A version as its own answers show it. */
const numbered = (name: string, version: string, more: Record<string, Expected> = {}): Record<string, Expected> => ({
  FunctionArn: `${ARN}${name}:${version}`,
  Version: version,
  ...more,
});
const published = (name: string, version: string, more: Record<string, Expected> = {}): WireAnswer =>
  ok(configuration(name, 'settled', numbered(name, version, more)), 201);
const listed = (name: string, version: string, Description = ''): Expected =>
  configuration(name, 'listed', numbered(name, version, { Description }));

const ONCE = 'versions-once';
const LIFE = 'versions-life';
const SUM = 'versions-sum';

/** Versions: published with the function, by themselves, with an update. */
export const VERSIONS: readonly RecordedGroup[] = [
  {
    about: 'a version published with its function:',
    rows: [
      {
        what: 'CreateFunction with Publish',
        ask: (client) => client.send(new CreateFunctionCommand(newFunction(ONCE, { Publish: true }))),
        aws: ok(configuration(ONCE, 'created', numbered(ONCE, '1')), 201),
      },
      { what: 'GetFunction without a qualifier', ask: (client) => get(client, ONCE), aws: got(ONCE) },
      {
        what: 'GetFunction of the version',
        ask: (client) => get(client, ONCE, '1'),
        aws: got(ONCE, numbered(ONCE, '1')),
      },
      {
        what: 'GetFunction of $LATEST',
        ask: (client) => get(client, ONCE, '$LATEST'),
        aws: got(ONCE, numbered(ONCE, '$LATEST')),
      },
      {
        what: 'ListVersionsByFunction',
        ask: (client) => list(client, ONCE),
        aws: ok({ Versions: [listed(ONCE, '$LATEST'), listed(ONCE, '1')] }),
      },
      {
        what: 'PublishVersion of what is published',
        ask: (client) => publish(client, ONCE, { Description: 'Repeated version description :)' }),
        aws: published(ONCE, '1'),
      },
      {
        what: 'ListVersionsByFunction after it',
        ask: (client) => list(client, ONCE),
        aws: ok({ Versions: [listed(ONCE, '$LATEST'), listed(ONCE, '1')] }),
      },
      {
        what: 'ListFunctions with all versions',
        ask: (client) => client.send(new ListFunctionsCommand({ FunctionVersion: 'ALL' })),
        aws: ok({ Functions: (all) => arnsOf(all, ONCE).join() === `${ARN}${ONCE}:$LATEST,${ARN}${ONCE}:1` }),
      },
      {
        what: 'ListFunctions without',
        ask: (client) => client.send(new ListFunctionsCommand({})),
        aws: ok({ Functions: (all) => arnsOf(all, ONCE).join() === `${ARN}${ONCE}` }),
      },
    ],
  },
  {
    about: 'the life of versions:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(LIFE, { Description: 'No version :(' }))),
    rows: [
      {
        what: 'ListVersionsByFunction before any is published',
        ask: (client) => list(client, LIFE),
        aws: ok({ Versions: [listed(LIFE, '$LATEST', 'No version :(')] }),
      },
      {
        what: 'PublishVersion with a description',
        ask: (client) => publish(client, LIFE, { Description: 'First version description :)' }),
        aws: published(LIFE, '1', { Description: 'First version description :)' }),
      },
      {
        what: 'GetFunctionConfiguration of the version',
        ask: (client) => client.send(new GetFunctionConfigurationCommand({ FunctionName: LIFE, Qualifier: '1' })),
        aws: ok(configuration(LIFE, 'settled', numbered(LIFE, '1', { Description: 'First version description :)' }))),
      },
      {
        what: 'UpdateFunctionConfiguration of $LATEST',
        ask: (client) => configure(client, LIFE, { Description: 'Second version :))' }),
        aws: ok(configuration(LIFE, 'updated', { Description: 'Second version :))' })),
      },
      {
        what: 'GetFunction of the version, which stays',
        ask: (client) => get(client, LIFE, '1'),
        aws: got(LIFE, numbered(LIFE, '1', { Description: 'First version description :)' })),
      },
      {
        what: 'PublishVersion without a description',
        ask: (client) => publish(client, LIFE),
        aws: published(LIFE, '2', { Description: 'Second version :))' }),
      },
      {
        what: 'PublishVersion with one where nothing changed',
        ask: (client) => publish(client, LIFE, { Description: 'Third version description :)))' }),
        aws: published(LIFE, '2', { Description: 'Second version :))' }),
      },
      {
        what: 'ListVersionsByFunction',
        ask: (client) => list(client, LIFE),
        aws: ok({
          Versions: [
            listed(LIFE, '$LATEST', 'Second version :))'),
            listed(LIFE, '1', 'First version description :)'),
            listed(LIFE, '2', 'Second version :))'),
          ],
        }),
      },
      {
        what: 'UpdateFunctionCode with Publish',
        ask: (client) =>
          client.send(new UpdateFunctionCodeCommand({ FunctionName: LIFE, ZipFile: codeZip('three'), Publish: true })),
        aws: ok(configuration(LIFE, 'created', numbered(LIFE, '3', { Description: 'Second version :))' }))),
      },
      {
        what: 'GetFunction of the version after that',
        ask: (client) => get(client, LIFE, '3'),
        aws: got(LIFE, numbered(LIFE, '3', { Description: 'Second version :))' })),
      },
      {
        what: 'GetFunction of $LATEST after that',
        ask: (client) => get(client, LIFE, '$LATEST'),
        aws: got(LIFE, numbered(LIFE, '$LATEST', { Description: 'Second version :))' })),
      },
    ],
  },
  {
    about: 'the sum of what is published:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(SUM))),
    rows: [
      {
        what: 'PublishVersion with another CodeSha256',
        ask: (client) => publish(client, SUM, { CodeSha256: 'somenonexistentsha256' }),
        aws: invalid(
          /^CodeSHA256 \(somenonexistentsha256\) is different from current CodeSHA256 in \$LATEST \([^)]{44}\)\. Please try again with the CodeSHA256 in \$LATEST\.$/,
        ),
      },
      {
        what: 'GetFunctionConfiguration, which has the right one',
        ask: (client) => client.send(new GetFunctionConfigurationCommand({ FunctionName: SUM })),
        aws: ok(configuration(SUM, 'settled')),
        also: (body, kept) => void (kept['sha'] = body['CodeSha256']),
      },
      {
        what: 'PublishVersion with that',
        ask: (client, { sha }) => publish(client, SUM, { CodeSha256: sha }),
        aws: published(SUM, '1'),
      },
    ],
  },
];

function arnsOf(all: unknown, name: string): string[] {
  const functions = all as { readonly FunctionName: string; readonly FunctionArn: string }[];
  return functions.filter(({ FunctionName }) => FunctionName === name).map(({ FunctionArn }) => FunctionArn);
}

const REV = 'versions-revisions';
const POLICY = 'versions-policies';
const revisionIn = (body: Readonly<Record<string, unknown>>): unknown =>
  (body['Configuration'] as Record<string, unknown> | undefined)?.['RevisionId'] ?? body['RevisionId'];
const keep =
  (as: string) =>
  (body: Readonly<Record<string, unknown>>, kept: Kept): void =>
    void (kept[as] = revisionIn(body));
const isOther =
  (than: string, as = '') =>
  (body: Readonly<Record<string, unknown>>, kept: Kept): void => {
    assert.notEqual(revisionIn(body), kept[than]);
    if (as !== '') kept[as] = revisionIn(body);
  };
const isSame =
  (as: string) =>
  (body: Readonly<Record<string, unknown>>, kept: Kept): void =>
    assert.equal(revisionIn(body), kept[as]);
const aliased = (Description = ''): WireAnswer =>
  ok(
    {
      ...{ AliasArn: `${ARN}${REV}:revision_alias`, Name: 'revision_alias', FunctionVersion: '1' },
      ...{ Description, RevisionId: ID },
    },
    Description === '' ? 201 : 200,
  );
const permission = { StatementId: 's3', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' };
const allow = (client: LambdaClient, more: object): Promise<unknown> =>
  client.send(new AddPermissionCommand({ FunctionName: POLICY, ...permission, ...more }));

/** Which changes give what a new revision. */
export const REVISIONS: readonly RecordedGroup[] = [
  {
    about: 'revisions of functions, versions and aliases:',
    prepare: (client) => client.send(new CreateFunctionCommand(newFunction(REV))),
    rows: [
      { what: 'GetFunction', ask: (client) => get(client, REV), aws: got(REV), also: keep('rev2') },
      {
        what: 'PublishVersion at a revision that is not the last',
        ask: (client) => publish(client, REV, { RevisionId: 'wrong' }),
        aws: stale,
      },
      {
        what: 'PublishVersion at the last one gives the version its own',
        ask: (client, { rev2 }) => publish(client, REV, { RevisionId: rev2 }),
        aws: published(REV, '1'),
        also: isOther('rev2', 'version1'),
      },
      {
        what: 'GetFunction of the version has that',
        ask: (client) => get(client, REV, '1'),
        aws: got(REV, numbered(REV, '1')),
        also: isSame('version1'),
      },
      {
        what: 'GetFunction after the publication has another',
        ask: (client) => get(client, REV),
        aws: got(REV),
        also: isOther('rev2', 'rev3'),
      },
      {
        what: 'CreateAlias',
        ask: (client) =>
          client.send(new CreateAliasCommand({ FunctionName: REV, Name: 'revision_alias', FunctionVersion: '1' })),
        aws: aliased(),
        also: isOther('version1', 'alias1'),
      },
      {
        what: 'GetFunction after an alias was made has the same',
        ask: (client) => get(client, REV),
        aws: got(REV),
        also: isSame('rev3'),
      },
      {
        what: 'GetFunction of the version has the same',
        ask: (client) => get(client, REV, '1'),
        aws: got(REV, numbered(REV, '1')),
        also: isSame('version1'),
      },
      {
        what: 'UpdateAlias at a revision that is not the last',
        ask: (client) =>
          client.send(new UpdateAliasCommand({ FunctionName: REV, Name: 'revision_alias', RevisionId: 'wrong' })),
        aws: stale,
      },
      {
        what: 'UpdateAlias at the last one',
        ask: (client, { alias1 }) =>
          client.send(
            new UpdateAliasCommand({
              ...{ FunctionName: REV, Name: 'revision_alias', Description: 'something changed' },
              RevisionId: String(alias1),
            }),
          ),
        aws: aliased('something changed'),
        also: isOther('alias1'),
      },
    ],
  },
  {
    about: 'revisions of functions and their policies:',
    prepare: async (client, kept) => {
      const { RevisionId: id } = await client.send(new CreateFunctionCommand(newFunction(POLICY)));
      kept['rev2'] = id;
    },
    rows: [
      {
        what: 'AddPermission at a revision that is not the last',
        ask: (client) => allow(client, { RevisionId: 'wrong' }),
        aws: stale,
      },
      {
        what: 'AddPermission at that of the function',
        ask: (client, { rev2 }) => allow(client, { RevisionId: rev2 }),
        aws: ok({ Statement: /"Sid":"s3"/ }, 201),
      },
      {
        what: 'GetPolicy has another one',
        ask: (client) => client.send(new GetPolicyCommand({ FunctionName: POLICY })),
        aws: ok({ Policy: /"Sid":"s3"/, RevisionId: ID }),
        also: isOther('rev2', 'rev3'),
      },
      {
        what: 'GetFunction has that of the policy',
        ask: (client) => get(client, POLICY),
        aws: got(POLICY),
        also: isSame('rev3'),
      },
      {
        what: 'RemovePermission at a revision that is not the last',
        ask: (client) =>
          client.send(new RemovePermissionCommand({ FunctionName: POLICY, StatementId: 's3', RevisionId: 'wrong' })),
        aws: stale,
      },
      {
        what: 'RemovePermission at the last one',
        ask: (client, { rev3 }) =>
          client.send(
            new RemovePermissionCommand({ FunctionName: POLICY, StatementId: 's3', RevisionId: String(rev3) }),
          ),
        aws: empty(),
      },
      {
        what: 'GetFunction after it has another',
        ask: (client) => get(client, POLICY),
        aws: got(POLICY),
        also: isOther('rev3'),
      },
    ],
  },
];
