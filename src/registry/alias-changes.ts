import { isDeepStrictEqual } from 'node:util';
import type { AliasName, AliasRequest, AliasRouting, FunctionName, VersionNumber } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { ownMember } from '../kit/index.ts';
import type { CatalogueDraft, FunctionRecord } from '../store/index.ts';
import { checkRouting } from './alias-routing.ts';
import { about, type ChangeContext, type Move } from './change-context.ts';
import { note } from './history.ts';
import { setOwnUrl } from './own-urls.ts';
import { setProvisioned } from './provisioned.ts';
import { checkAlias, editRecord, requireVersion } from './records.ts';

/**
 * Points an alias at a version, and divides its requests if the request has a routing; creates the alias if it does not
 * exist.
 */
export function setAlias(
  draft: CatalogueDraft,
  name: FunctionName,
  request: AliasRequest & { readonly alias: AliasName },
  context: ChangeContext,
): Move {
  const { alias } = request;
  checkAlias(alias);
  const record = editRecord(draft, name);
  requireVersion(record, request.version);
  const from = aliasTarget(record, alias) ?? null;
  pointAlias(record, alias, request, context);
  return { from, to: request.version };
}

/** Removes an alias; returns the version it pointed at. */
export function deleteAlias(
  draft: CatalogueDraft,
  name: FunctionName,
  request: Omit<AliasRequest, 'version' | 'routing'> & { readonly alias: AliasName },
  context: ChangeContext,
): VersionNumber {
  const { alias } = request;
  const record = editRecord(draft, name);
  const from = aliasTarget(record, alias);
  if (from === undefined) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias });
  delete record.aliases[alias];
  setRouting(record, alias, undefined);
  setProvisioned(record, alias, undefined);
  // Who may call it counts again for a later alias of this name, whose URL AWS's API goes on to show.
  setOwnUrl(record, alias, { auth: ownMember(record.ownUrlAuth, alias) });
  const message = request.message ?? `${alias} v${from} removed`;
  note(record, { action: 'alias', alias, from, to: null, ...about({ ...request, message }) }, context);
  return from;
}

/** Points an alias of a record at a version and notes the move, unless it points there in the same way already. */
export function pointAlias(
  record: FunctionRecord,
  alias: AliasName,
  request: AliasRequest,
  context: ChangeContext,
): void {
  const from = aliasTarget(record, alias) ?? null;
  const routing = checkRouting(record, alias, request);
  if (from === request.version && isDeepStrictEqual(ownMember(record.routing, alias), routing)) return;
  record.aliases[alias] = request.version;
  setRouting(record, alias, routing);
  const division = routing === undefined ? {} : { routing };
  const message = request.message ?? moveMessage(alias, from, request);
  const who = about({ ...request, message });
  note(record, { action: 'alias', alias, from, to: request.version, ...division, ...who }, context);
}

/** Says what a move changes, for the history: `prod v1 -> v2, 10 % v3`. */
function moveMessage(alias: AliasName, from: VersionNumber | null, { version, routing }: AliasRequest): string {
  const shares = Object.entries(routing?.weights ?? {}).map(([other, percent]) => `, ${percent} % v${other}`);
  return `${alias} ${from === null ? '' : `v${from} `}-> v${version}${shares.join('')}`;
}

/** Aliases that lead to a version, alone or with a weight; sorted. */
export function aliasesOf(record: FunctionRecord, version: VersionNumber): string[] {
  const weighted = Object.entries(record.routing ?? {}).filter(([, { weights }]) =>
    Object.hasOwn(weights, String(version)),
  );
  const pointed = Object.entries(record.aliases).filter(([, to]) => to === version);
  return [...pointed, ...weighted].map(([alias]) => alias).toSorted();
}

function setRouting(record: FunctionRecord, alias: AliasName, routing: AliasRouting | undefined): void {
  const { [alias]: _before, ...others } = record.routing ?? {};
  const all = routing === undefined ? others : { ...others, [alias]: routing };
  if (Object.keys(all).length > 0) record.routing = all;
  else delete record.routing;
}

function aliasTarget(record: FunctionRecord, alias: AliasName): VersionNumber | undefined {
  return Object.hasOwn(record.aliases, alias) ? record.aliases[alias] : undefined;
}
