import { LATEST } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { ownMember } from '../../../../kit/index.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { textIn } from '../../../aws/members.ts';
import { revisionId } from '../configuration.ts';
import { changeFacts, functionFacts, type FunctionFacts } from '../facts.ts';
import { checkRevision, namedIn, seenVersion } from '../lookups.ts';

type Statement = Readonly<Record<string, unknown>>;

/** Resource policies: kept and returned as AWS does, and asked by nobody here. */
export const POLICY_ACTIONS: AwsActions = {
  AddPermission: add,
  GetPolicy: (call) => {
    const { name, key, statements } = policyIn(call);
    if (statements.length === 0) throw missing('The resource you requested does not exist.');
    const policy = { Version: '2012-10-17', Id: 'default', Statement: statements };
    return { Policy: JSON.stringify(policy), RevisionId: policyRevision(name, key, statements) };
  },
  RemovePermission: remove,
};

async function add(call: AwsCall): Promise<unknown> {
  const { name, key } = policyIn(call);
  if (key === LATEST)
    throw lamError('LAM_AWS_PARAMETER', { message: 'We currently do not support adding policies for $LATEST.' });
  const statement = statementOf(call, call.arns.function(name, key === '' ? undefined : key));
  await changeFacts(call.operations, name, (facts) => {
    const before = ownMember(facts.policies, key) ?? [];
    checkRevision(call, policyRevision(name, key, before));
    if (before.some(({ Sid }) => Sid === statement['Sid']))
      throw lamError('LAM_AWS_CONFLICT', {
        message: `The statement id (${String(statement['Sid'])}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      });
    return withPolicy(facts, key, [...before, statement]);
  });
  return { Statement: JSON.stringify(statement) };
}

async function remove(call: AwsCall): Promise<undefined> {
  const { name, key } = policyIn(call);
  const id = textIn(call.input, 'StatementId');
  await changeFacts(call.operations, name, (facts) => {
    const before = ownMember(facts.policies, key) ?? [];
    checkRevision(call, policyRevision(name, key, before));
    const left = before.filter(({ Sid }) => Sid !== id);
    if (left.length === before.length) throw missing(`Statement ${id} is not found in resource policy.`);
    return withPolicy(facts, key, left);
  });
  return undefined;
}

interface Policy {
  readonly name: string;
  /** The qualifier; empty for none. */
  readonly key: string;
  readonly statements: readonly Statement[];
}

function policyIn(call: AwsCall): Policy & { readonly name: ReturnType<typeof namedIn>['name'] } {
  const { name, qualifier, detail } = seenVersion(call, namedIn(call));
  const key = qualifier ?? '';
  return { name, key, statements: ownMember(functionFacts(detail).policies, key) ?? [] };
}

function withPolicy(facts: FunctionFacts, key: string, statements: readonly Statement[]): FunctionFacts {
  return { ...facts, policies: { ...facts.policies, [key]: statements } };
}

function policyRevision(name: string, key: string, statements: readonly Statement[]): string {
  return revisionId(name, key, 'policy', JSON.stringify(statements));
}

function statementOf(call: AwsCall, resource: string): Statement {
  const principal = textIn(call.input, 'Principal') ?? '';
  const condition = conditionOf(call);
  return {
    Sid: textIn(call.input, 'StatementId'),
    Effect: 'Allow',
    Principal: principalOf(principal),
    Action: textIn(call.input, 'Action'),
    Resource: resource,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

function principalOf(text: string): unknown {
  if (text === '*') return '*';
  if (/^\d{12}$/.test(text)) return { AWS: `arn:aws:iam::${text}:root` };
  return text.startsWith('arn:') ? { AWS: text } : { Service: text };
}

function conditionOf(call: AwsCall): Record<string, Record<string, string>> {
  const equal = {
    'AWS:SourceAccount': textIn(call.input, 'SourceAccount'),
    'lambda:FunctionUrlAuthType': textIn(call.input, 'FunctionUrlAuthType'),
    'lambda:EventSourceToken': textIn(call.input, 'EventSourceToken'),
    'aws:PrincipalOrgID': textIn(call.input, 'PrincipalOrgID'),
  };
  const given = Object.entries(equal).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  const arn = textIn(call.input, 'SourceArn');
  const viaUrl = call.input['InvokedViaFunctionUrl'];
  return {
    ...(given.length === 0 ? {} : { StringEquals: Object.fromEntries(given) }),
    ...(arn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': arn } }),
    ...(typeof viaUrl === 'boolean' ? { Bool: { 'lambda:InvokedViaFunctionUrl': `${viaUrl}` } } : {}),
  };
}

function missing(message: string): Error {
  return lamError('LAM_AWS_NOT_FOUND', { message });
}
