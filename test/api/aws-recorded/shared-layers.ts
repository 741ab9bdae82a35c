import {
  AddLayerVersionPermissionCommand,
  GetLayerVersionPolicyCommand,
  PublishLayerVersionCommand,
  RemoveLayerVersionPermissionCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { zipOf } from '../../unit/store/support.ts';
import {
  broken,
  conflict,
  empty,
  ID,
  LAYER_ARN,
  missing,
  ok,
  type Expected,
  type RecordedBehaviour,
  type RecordedGroup,
  type WireAnswer,
} from './behaviour.ts';

const NAME = 'shared-layer';
const HERE = { LayerName: NAME, VersionNumber: 1 };
const every = { Action: 'lambda:GetLayerVersion', Principal: '*', StatementId: 's1' };

const add = (what: string, more: object, aws: WireAnswer): RecordedBehaviour => ({
  what: `AddLayerVersionPermission ${what}`,
  ask: (client) => client.send(new AddLayerVersionPermissionCommand({ ...HERE, ...every, ...more })),
  aws,
});
const get = (what: string, more: object, aws: WireAnswer): RecordedBehaviour => ({
  what: `GetLayerVersionPolicy ${what}`,
  ask: (client) => client.send(new GetLayerVersionPolicyCommand({ ...HERE, ...more })),
  aws,
});
const remove = (what: string, more: object, aws: WireAnswer): RecordedBehaviour => ({
  what: `RemoveLayerVersionPermission ${what}`,
  ask: (client) => client.send(new RemoveLayerVersionPermissionCommand({ ...HERE, StatementId: 's1', ...more })),
  aws,
});

const statement = (Sid: string): object => ({
  ...{ Sid, Effect: 'Allow', Principal: '*', Action: 'lambda:GetLayerVersion' },
  Resource: `${LAYER_ARN}${NAME}:1`,
});
const is = (wanted: unknown): Expected => JSON.stringify(wanted);
const added = (sid: string): WireAnswer => ok({ RevisionId: ID, Statement: is(statement(sid)) }, 201);
const policy = (...sids: readonly string[]): WireAnswer =>
  ok({
    Policy: is({ Version: '2012-10-17', Id: 'default', Statement: sids.map(statement) }),
    RevisionId: ID,
  });
const noVersion = (name: string, number: number): WireAnswer =>
  missing(`Layer version ${LAYER_ARN}${name}:${number} does not exist.`);
const other = { LayerName: `${NAME}-doesnotexist` };
const wrongRevision: WireAnswer = {
  ...{ status: 412, error: 'PreconditionFailedException' },
  body: {
    Type: 'User',
    message:
      'The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id',
  },
};

/** Who may use a layer. */
export const SHARED_LAYERS: RecordedGroup = {
  about: 'policies of layers:',
  prepare: (client: LambdaClient) =>
    client.send(
      new PublishLayerVersionCommand({
        ...{ LayerName: NAME, Content: { ZipFile: zipOf([{ name: 'data.txt', content: NAME }]) } },
      }),
    ),
  rows: [
    get('of a version without', {}, missing('No policy is associated with the given resource.')),
    add('of a first statement', {}, added('s1')),
    get('with it', {}, policy('s1')),
    add(
      'of another action',
      { Action: '*', StatementId: 's-2' },
      broken(
        "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion",
      ),
    ),
    add(
      'with an id that is taken',
      {},
      conflict(
        'The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.',
      ),
    ),
    add('at a revision that is not the last', { StatementId: 's2', RevisionId: 'wrong' }, wrongRevision),
    add('of no such layer', { ...other, StatementId: 's-3' }, noVersion(`${NAME}-doesnotexist`, 1)),
    get('of no such layer', other, noVersion(`${NAME}-doesnotexist`, 1)),
    remove('of no such layer', other, noVersion(`${NAME}-doesnotexist`, 1)),
    add('of no such version', { VersionNumber: 2, StatementId: 's-4' }, noVersion(NAME, 2)),
    get('of no such version', { VersionNumber: 2 }, noVersion(NAME, 2)),
    remove('of no such version', { VersionNumber: 2 }, noVersion(NAME, 2)),
    remove(
      'of no such statement',
      { StatementId: 'doesnotexist' },
      missing('Statement doesnotexist is not found in resource policy.'),
    ),
    remove('at a revision that is not the last', { RevisionId: 'wrong' }, wrongRevision),
    add('of a second statement', { StatementId: 's2' }, added('s2')),
    get('with both', {}, policy('s1', 's2')),
    remove('of the second statement', { StatementId: 's2' }, empty()),
    get('after it', {}, policy('s1')),
  ],
};
