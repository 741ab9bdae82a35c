import { LATEST, type FunctionDetail } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { ownMember } from '../../../../kit/index.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { textIn } from '../../../aws/members.ts';
import { revisionOf } from '../configuration.ts';
import { changeFacts, functionFacts, type FunctionFacts } from '../facts.ts';
import { checkRevision, detailOf, namedIn, qualifierMissing, seenVersion, unlessMissing } from '../lookups.ts';
import { shownAlias } from './aliases.ts';

type Statement = Readonly<Record<string, unknown>>;

/** Resource policies: kept and returned as AWS does, and asked by nobody here. */
export const POLICY_ACTIONS: AwsActions = {
  AddPermission: add,
  GetPolicy: (call) => {
    const { name, qualifier } = namedIn(call);
    const detail = detailOf(call, name);
    const statements = ownMember(functionFacts(detail).policies, qualifier ?? '') ?? [];
    if (statements.length === 0) throw missing('The resource you requested does not exist.');
    const policy = { Version: '2012-10-17', Id: 'default', Statement: statements };
    return { Policy: JSON.stringify(policy), RevisionId: revisionHere(call, detail, qualifier ?? '') };
  },
  RemovePermission: remove,
};

async function add(call: AwsCall): Promise<unknown> {
  const { name, qualifier: key = '' } = namedIn(call);
  if (key === LATEST) throw refused('We currently do not support adding policies for $LATEST.');
  checkThere(call, detailOf(call, name), key);
  const statement = statementOf(call, call.arns.function(name, key === '' ? undefined : key));
  await changeFacts(call.operations, name, (facts) => {
    const before = ownMember(facts.policies, key) ?? [];
    checkRevision(call, revisionHere(call, detailOf(call, name), key));
    if (before.some(({ Sid }) => Sid === statement['Sid']))
      throw lamError('LAM_AWS_CONFLICT', {
        message: `The statement id (${String(statement['Sid'])}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      });
    return withPolicy(facts, key, [...before, statement]);
  });
  return { Statement: JSON.stringify(statement) };
}

async function remove(call: AwsCall): Promise<undefined> {
  const { name, qualifier: key = '' } = namedIn(call);
  const detail = unlessMissing(() => detailOf(call, name));
  if (detail === undefined) throw missing(`No policy found for: ${call.arns.function(name)}`);
  checkThere(call, detail, key);
  const id = textIn(call.input, 'StatementId');
  await changeFacts(call.operations, name, (facts) => {
    const before = ownMember(facts.policies, key) ?? [];
    checkRevision(call, revisionHere(call, detailOf(call, name), key));
    if (before.length === 0) throw missing('No policy is associated with the given resource.');
    const left = before.filter(({ Sid }) => Sid !== id);
    if (left.length === before.length) throw missing(`Statement ${id} is not found in resource policy.`);
    return withPolicy(facts, key, left);
  });
  return undefined;
}

/** Throws unless the function has the version or alias that a policy is of. @param key its qualifier, or '' */
function checkThere(call: AwsCall, { name }: FunctionDetail, key: string): void {
  const qualifier = key === '' ? undefined : key;
  if (unlessMissing(() => seenVersion(call, { name, qualifier })) === undefined)
    throw qualifierMissing(call, name, key);
}

/** The revision of what a policy is of, which changes with the policy. */
function revisionHere(call: AwsCall, detail: FunctionDetail, key: string): string {
  if (Object.hasOwn(detail.aliases, key)) return String(shownAlias(call.arns, detail, key)['RevisionId']);
  return revisionOf(seenVersion(call, { name: detail.name, qualifier: key === '' ? undefined : key }));
}

function withPolicy(facts: FunctionFacts, key: string, statements: readonly Statement[]): FunctionFacts {
  return { ...facts, policies: { ...facts.policies, [key]: statements } };
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
  if (text.startsWith('arn:')) return { AWS: text };
  if (
    !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$|^[a-z0-9.-]+\.(?:amazon\.com|alexa-appkit\.amazon\.com)$/.test(
      text,
    )
  )
    throw refused('The provided principal was invalid. Please check the principal and try again.');
  return { Service: text };
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

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}

function missing(message: string): Error {
  return lamError('LAM_AWS_NOT_FOUND', { message });
}
