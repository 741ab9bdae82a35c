import { knownVersion } from '../../../../contract/index.ts';
import { isLamError, lamError } from '../../../../errors/index.ts';
import { Lines } from '../../../../kit/index.ts';
import { textIn } from '../../../aws/members.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { revisionId } from '../configuration.ts';
import { checkRevision } from '../lookups.ts';
import { LAYER_POLICIES, layerIn, layerVersionIn } from './layers.ts';

type Statement = Readonly<Record<string, unknown>>;

/** A policy as it is kept. */
interface LayerPolicy {
  readonly statements: readonly Statement[];
  /** Number of changes, so that each has a revision of its own. */
  readonly changes: number;
}

/** Changes of policies, by the ARN of the layer version. */
const changes = new Lines();

/** Permissions of layer versions: kept and returned. lam asks none before it uses a layer. */
export const LAYER_POLICY_ACTIONS: AwsActions = {
  AddLayerVersionPermission: (call) => inLine(call, (arn) => add(call, arn)),
  async GetLayerVersionPolicy(call) {
    const arn = await existing(call);
    const { statements } = policyOf(call, arn);
    if (statements.length === 0) throw missing('No policy is associated with the given resource.');
    const policy = { Version: '2012-10-17', Id: 'default', Statement: statements };
    return { Policy: JSON.stringify(policy), RevisionId: revisionOfPolicy(call, arn) };
  },
  RemoveLayerVersionPermission: (call) => inLine(call, (arn) => remove(call, arn)),
};

async function inLine(call: AwsCall, change: (arn: string) => Promise<unknown>): Promise<unknown> {
  const arn = await existing(call);
  return changes.run(arn, () => change(arn));
}

async function add(call: AwsCall, arn: string): Promise<unknown> {
  const { statements } = policyOf(call, arn);
  checkRevision(call, revisionOfPolicy(call, arn), 'GetLayerPolicy');
  const statement = statementOf(call, arn);
  if (statements.some(({ Sid: id }) => id === statement['Sid']))
    throw lamError('LAM_AWS_CONFLICT', {
      message: `The statement id (${textIn(call.input, 'StatementId')}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    });
  await keep(call, arn, [...statements, statement]);
  return { Statement: JSON.stringify(statement), RevisionId: revisionOfPolicy(call, arn) };
}

async function remove(call: AwsCall, arn: string): Promise<undefined> {
  const { statements } = policyOf(call, arn);
  const id = textIn(call.input, 'StatementId');
  const left = statements.filter(({ Sid: sid }) => sid !== id);
  if (left.length === statements.length) throw missing(`Statement ${id} is not found in resource policy.`);
  checkRevision(call, revisionOfPolicy(call, arn), 'GetLayerPolicy');
  await keep(call, arn, left);
  return undefined;
}

/** The ARN of the layer version that a request names. Throws `LAM_AWS_NOT_FOUND`. */
async function existing(call: AwsCall): Promise<string> {
  const name = layerIn(call);
  const version = layerVersionIn(call);
  const arn = call.arns.layer(name, version);
  try {
    await call.operations.layers.detail({ name, version: knownVersion(version) });
  } catch (thrown) {
    if (!isLamError(thrown) || thrown.code !== 'LAM_OPERATIONS_LAYER_NOT_FOUND') throw thrown;
    throw missing(`Layer version ${arn} does not exist.`);
  }
  return arn;
}

function policyOf({ operations }: AwsCall, arn: string): LayerPolicy {
  const kept = operations.account.get(LAYER_POLICIES + arn) as LayerPolicy | undefined;
  return kept ?? { statements: [], changes: 0 };
}

async function keep(call: AwsCall, arn: string, statements: readonly Statement[]): Promise<void> {
  const { changes: before } = policyOf(call, arn);
  await call.operations.account.set(LAYER_POLICIES + arn, { statements, changes: before + 1 } satisfies LayerPolicy);
}

function revisionOfPolicy(call: AwsCall, arn: string): string {
  return revisionId(arn, 'policy', policyOf(call, arn).changes);
}

function statementOf(call: AwsCall, resource: string): Statement {
  const principal = textIn(call.input, 'Principal') ?? '';
  const organization = textIn(call.input, 'OrganizationId');
  const root = /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal;
  return {
    Sid: textIn(call.input, 'StatementId'),
    Effect: 'Allow',
    Principal: principal === '*' ? '*' : { AWS: root },
    Action: textIn(call.input, 'Action'),
    Resource: resource,
    ...(organization === undefined ? {} : { Condition: { StringEquals: { 'aws:PrincipalOrgID': organization } } }),
  };
}

function missing(message: string): Error {
  return lamError('LAM_AWS_NOT_FOUND', { message });
}
