import {
  isAliasName,
  LATEST,
  parseVersionNumber,
  type AliasName,
  type AliasRouting,
  type Arns,
  type FunctionDetail,
  type VersionNumber,
} from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { Lines, ownMember } from '../../../../kit/index.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { objectIn, textIn } from '../../../aws/members.ts';
import { policyState, revisionId } from '../configuration.ts';
import { AUTHOR, changeFacts, functionFacts, isDeleted, withoutAlias } from '../facts.ts';
import { checkRevision, detailOf, functionMissing, unqualified } from '../lookups.ts';
import { pageOf } from '../pages.ts';

const ONE_VERSION = '$LATEST is not supported for an alias pointing to more than 1 version';

/** Changes of aliases, by function. */
const changes = new Lines();

/** Aliases. lam counts their weights in percent, AWS in parts of one. */
export const ALIAS_ACTIONS: AwsActions = {
  CreateAlias: oneAtATime(create),
  GetAlias: (call) => {
    const { detail, alias } = existingAlias(call, 'Cannot find alias arn');
    return shownAlias(call.arns, detail, alias);
  },
  ListAliases: list,
  UpdateAlias: oneAtATime(update),
  DeleteAlias: oneAtATime(remove),
};

/** Lets each change of a function's aliases see what the ones before it have led to: of two with the same `RevisionId` one is made. */
function oneAtATime(change: (call: AwsCall) => Promise<unknown>): (call: AwsCall) => Promise<unknown> {
  return (call) => changes.run(unqualified(call), () => change(call));
}

async function create(call: AwsCall): Promise<unknown> {
  const detail = detailOf(call, unqualified(call), textIn(call.input, 'FunctionVersion'));
  const { name } = detail;
  const alias = aliasIn(call);
  if (Object.hasOwn(detail.aliases, alias))
    throw lamError('LAM_AWS_CONFLICT', { message: `Alias already exists: ${call.arns.function(name, alias)}` });
  const given = textIn(call.input, 'FunctionVersion') ?? '';
  if (given === LATEST && weightsIn(call).length > 0) throw refused(ONE_VERSION);
  const version = versionIn(call, detail, given);
  await point(call, detail, { alias, version, routing: routingIn(call, detail, version) });
  const description = textIn(call.input, 'Description') ?? '';
  await changeFacts(call.operations, name, (before) => {
    const facts = withoutAlias(before, alias);
    return { ...facts, aliases: { ...facts.aliases, [alias]: description } };
  });
  return shownAlias(call.arns, detailOf(call, name), alias);
}

function list(call: AwsCall): unknown {
  const detail = detailOf(call, unqualified(call));
  const of = textIn(call.input, 'FunctionVersion');
  const names = Object.keys(detail.aliases).toSorted();
  const kept = names.filter((alias) => of === undefined || String(detail.aliases[alias]) === of);
  const { items, next } = pageOf(call, kept, (alias) => alias);
  return { Aliases: items.map((alias) => shownAlias(call.arns, detail, alias)), ...next };
}

async function update(call: AwsCall): Promise<unknown> {
  const { operations, input } = call;
  const { detail, alias } = existingAlias(call, 'Alias not found');
  const { name } = detail;
  checkRevision(call, String(shownAlias(call.arns, detail, alias)['RevisionId']));
  const given = textIn(call.input, 'FunctionVersion');
  const version = versionIn(call, detail, given ?? String(detail.aliases[alias]));
  const before = ownMember(detail.aliasRouting, alias);
  const routing = input['RoutingConfig'] === undefined ? before : stickyAs(before, routingIn(call, detail, version));
  await point(call, detail, { alias, version, routing });
  const description = textIn(call.input, 'Description');
  if (description !== undefined)
    await changeFacts(operations, name, (facts) => ({ ...facts, aliases: { ...facts.aliases, [alias]: description } }));
  return shownAlias(call.arns, detailOf(call, name), alias);
}

/** AWS answers alike whether there was such an alias or not. */
async function remove(call: AwsCall): Promise<undefined> {
  const detail = detailOf(call, unqualified(call));
  const alias = aliasIn(call);
  if (!Object.hasOwn(detail.aliases, alias)) return undefined;
  await call.operations.aliases.remove(detail.name, alias, { by: AUTHOR });
  await changeFacts(call.operations, detail.name, (facts) => withoutAlias(facts, alias));
  return undefined;
}

interface Pointing {
  readonly alias: AliasName;
  readonly version: VersionNumber;
  readonly routing: AliasRouting | undefined;
}

async function point(call: AwsCall, { name }: FunctionDetail, { alias, version, routing }: Pointing): Promise<void> {
  const request = { version, by: AUTHOR, verify: false, ...(routing === undefined ? {} : { routing }) };
  await call.operations.aliases.set(name, alias, request);
}

/** An alias in an answer. Pure. */
export function shownAlias(arns: Arns, detail: FunctionDetail, alias: string): Record<string, unknown> {
  const { name, createdAt } = detail;
  const version = detail.aliases[alias] ?? 0;
  const { weights } = ownMember(detail.aliasRouting, alias) ?? {};
  const parts = Object.entries(weights ?? {}).map(([other, percent]) => [other, round(percent / 100)]);
  const description = ownMember(functionFacts(detail).aliases, alias) ?? '';
  return {
    AliasArn: arns.function(name, alias),
    Name: alias,
    FunctionVersion: String(version),
    Description: description,
    ...(parts.length === 0 ? {} : { RoutingConfig: { AdditionalVersionWeights: Object.fromEntries(parts) } }),
    RevisionId: revisionId(
      name,
      createdAt,
      alias,
      version,
      JSON.stringify(parts),
      description,
      ...policyState(detail, alias),
    ),
  };
}

function existingAlias(call: AwsCall, missing: string): { detail: FunctionDetail; alias: AliasName } {
  const detail = detailOf(call, unqualified(call));
  const alias = aliasIn(call);
  if (!Object.hasOwn(detail.aliases, alias))
    throw lamError('LAM_AWS_NOT_FOUND', { message: `${missing}: ${call.arns.function(detail.name, alias)}` });
  return { detail, alias };
}

function aliasIn(call: AwsCall): AliasName {
  const alias = textIn(call.input, 'Name') ?? '';
  if (!isAliasName(alias)) throw lamError('LAM_AWS_PARAMETER', { message: `Invalid alias name: ${alias}` });
  return alias;
}

function versionIn(call: AwsCall, detail: FunctionDetail, text: string): VersionNumber {
  if (text === LATEST)
    throw lamError('LAM_AWS_PARAMETER', {
      message: 'an alias of lam leads to published versions; the unqualified function leads to $LATEST',
    });
  const number = parseVersionNumber(text);
  const isThere = detail.allVersions.some(({ version }) => version === number);
  if (number === undefined || !isThere || isDeleted(detail, number)) throw functionMissing(call, detail.name, text);
  return number;
}

function routingIn(call: AwsCall, detail: FunctionDetail, version: VersionNumber): AliasRouting | undefined {
  const entries = weightsIn(call);
  if (entries.length > 1) throw refused('Number of items in AdditionalVersionWeights cannot be greater than 1');
  const weights = entries.map(([other, weight]): [string, number] => {
    if (other === LATEST) throw refused(ONE_VERSION);
    if (other === String(version))
      throw refused(
        `Invalid function version ${other}. Function version ${other} is already included in routing configuration.`,
      );
    return [String(versionIn(call, detail, other)), round(weight * 100)];
  });
  const divided = weights.filter(([, percent]) => percent > 0);
  return divided.length === 0 ? undefined : { weights: Object.fromEntries(divided) };
}

/** AWS has no sticky aliases: what lam was told of an alias stays while it divides its requests. */
function stickyAs({ sticky }: Partial<AliasRouting> = {}, next: AliasRouting | undefined): AliasRouting | undefined {
  return next === undefined || sticky === undefined ? next : { ...next, sticky };
}

function weightsIn(call: AwsCall): [string, number][] {
  const given = objectIn(call.input, 'RoutingConfig')?.['AdditionalVersionWeights'] ?? {};
  return Object.entries(given as Record<string, number>);
}

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}

function round(number: number): number {
  return Number(number.toFixed(8));
}
