import {
  nextVersionNumber,
  type AliasRequest,
  type ConfigPatch,
  type FunctionConfig,
  type Movement,
  type PublishRequest,
  type RollbackRequest,
  type FunctionName,
  type AliasName,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { CatalogueDraft, FunctionRecord, VersionRecord } from '../store/index.ts';
import { expandShortForms, type TriggerKind } from '../triggers/index.ts';
import { checkConfig, effectiveConfig, sameConfig } from './config.ts';
import { checkUnset, patchOverrides } from './overrides.ts';
import { previousVersion, withMovement } from './history.ts';
import { checkAlias, editRecord, requireVersion } from './records.ts';
import { checkTriggers } from './triggers.ts';

/** Inputs of every change besides its request. */
export interface ChangeContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Known kinds of triggers. */
  readonly kinds: readonly TriggerKind[];
}

/** Old and new version of a pointer. */
export interface Move {
  /** Null for a new pointer. */
  readonly from: VersionNumber | null;
  readonly to: VersionNumber;
}

/** Result of publishing. */
export interface Published extends Move {
  readonly unchanged: boolean;
  readonly notices: readonly string[];
}

/** A change after which the live pointer or an alias may lead to another configuration. */
export type PointerChange =
  | { readonly kind: 'publish'; readonly request: PublishRequest }
  | { readonly kind: 'configure'; readonly patch: ConfigPatch }
  | { readonly kind: 'rollback'; readonly request: RollbackRequest }
  | { readonly kind: 'alias'; readonly alias: AliasName; readonly request: AliasRequest };

interface NewVersion {
  readonly version: Pick<VersionRecord, 'artifact' | 'config' | 'input' | 'size'>;
  readonly action: 'deploy' | 'config';
  readonly by: string | undefined;
  readonly message: string | undefined;
}

/** Makes a change and returns the configuration that its pointer then leads to. */
export function configAfter(
  draft: CatalogueDraft,
  name: FunctionName,
  change: PointerChange,
  context: ChangeContext,
): FunctionConfig {
  const { to } = moveBy(draft, name, change, context);
  return requireVersion(editRecord(draft, name), to).config;
}

function moveBy(draft: CatalogueDraft, name: FunctionName, change: PointerChange, context: ChangeContext): Move {
  switch (change.kind) {
    case 'publish':
      return publish(draft, name, { ...change.request, size: 0 }, context);
    case 'configure':
      return patchConfig(draft, name, change.patch, context);
    case 'rollback':
      return rollback(draft, name, change.request, context);
    case 'alias':
      return setAlias(draft, name, { ...change.request, alias: change.alias }, context);
  }
}

/**
 * Publishes an artifact and a configuration as the next version and makes it live, unless the live version is the same.
 */
export function publish(
  draft: CatalogueDraft,
  name: FunctionName,
  request: PublishRequest & { readonly size: number },
  context: ChangeContext,
): Published {
  const record = draft.edit(name);
  const { kinds } = context;
  const input = expandShortForms(structuredClone(request.config), kinds);
  const config = effectiveConfig(input, record?.overrides ?? {}, kinds);
  checkConfig(name, config, kinds);
  if (request.alias !== undefined) checkAlias(request.alias);
  checkTriggers(draft, name, config.triggers, kinds);
  const live = record?.versions[record.live];
  if (
    record !== undefined &&
    live !== undefined &&
    live.artifact === request.artifact &&
    sameConfig(live.config, config)
  ) {
    // The author's settings may differ where live settings override them; they count once those are unset.
    live.input = input;
    if (request.alias !== undefined)
      pointAlias(record, request.alias, { version: live.version, ...about(request) }, context);
    return { unchanged: true, from: record.live, to: record.live, notices: [] };
  }
  const version = { artifact: request.artifact, config, input, size: request.size };
  const next: NewVersion = { version, action: 'deploy', by: request.by, message: request.message };
  const move = record === undefined ? begin(draft, name, next, context) : append(record, next, context);
  if (request.alias !== undefined)
    pointAlias(editRecord(draft, name), request.alias, { version: move.to, ...about(request) }, context);
  return { unchanged: false, ...move, notices: [] };
}

/** Changes live settings; publishes the live version's code with them if its configuration changes. */
export function patchConfig(
  draft: CatalogueDraft,
  name: FunctionName,
  patch: ConfigPatch,
  context: ChangeContext,
): Published {
  const record = editRecord(draft, name);
  const live = requireVersion(record, record.live);
  checkUnset(name, patch, context.kinds);
  const { overrides, notices } = patchOverrides(record.overrides, patch, live.input, context.kinds);
  const config = effectiveConfig(live.input, overrides, context.kinds);
  checkConfig(name, config, context.kinds);
  checkTriggers(draft, name, config.triggers, context.kinds);
  record.overrides = overrides;
  if (sameConfig(live.config, config)) return { unchanged: true, from: record.live, to: record.live, notices };
  const version = { artifact: live.artifact, config, input: live.input, size: live.size };
  return {
    unchanged: false,
    ...append(record, { version, action: 'config', by: patch.by, message: patch.message }, context),
    notices,
  };
}

/** Moves the live pointer to an earlier version. */
export function rollback(
  draft: CatalogueDraft,
  name: FunctionName,
  request: RollbackRequest,
  context: ChangeContext,
): { from: VersionNumber; to: VersionNumber } {
  const record = editRecord(draft, name);
  const from = record.live;
  const to =
    request.to ?? previousVersion(record.history, (version) => Object.hasOwn(record.versions, String(version)));
  if (to === undefined) throw lamError('LAM_REGISTRY_NO_PREVIOUS_VERSION', { name, live: from });
  const { config } = requireVersion(record, to);
  if (to === from) throw lamError('LAM_REGISTRY_ALREADY_LIVE', { name, version: to });
  checkTriggers(draft, name, config.triggers, context.kinds);
  moveLive(record, to, { action: 'rollback', ...about(request) }, context);
  return { from, to };
}

/** Points an alias at a version; creates the alias if it does not exist. */
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
  request: Omit<AliasRequest, 'version'> & { readonly alias: AliasName },
  context: ChangeContext,
): VersionNumber {
  const { alias } = request;
  const record = editRecord(draft, name);
  const from = aliasTarget(record, alias);
  if (from === undefined) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias });
  delete record.aliases[alias];
  note(record, { action: 'alias', alias, from, to: null, ...about(request) }, context);
  return from;
}

/** Removes a function with all its versions; their numbers are never reused. Returns the version that was live. */
export function deleteFunction(draft: CatalogueDraft, name: FunctionName): VersionNumber {
  const record = editRecord(draft, name);
  draft.retired[name] = record.lastVersion;
  draft.remove(name);
  return record.live;
}

/** Removes versions. Throws `LAM_REGISTRY_VERSION_IN_USE` for one that is live or has an alias. */
export function deleteVersions(
  draft: CatalogueDraft,
  versions: readonly { readonly name: FunctionName; readonly version: VersionNumber }[],
): void {
  for (const { name, version } of versions) {
    const record = editRecord(draft, name);
    requireVersion(record, version);
    const alias = Object.entries(record.aliases).find(([, to]) => to === version)?.[0];
    const by = record.live === version ? 'the live pointer' : alias === undefined ? undefined : `alias '${alias}'`;
    if (by !== undefined) throw lamError('LAM_REGISTRY_VERSION_IN_USE', { name, version, by });
    delete record.versions[String(version)];
  }
}

/** Adds a function with its first version, which continues the numbers of a deleted function of the same name. */
function begin(draft: CatalogueDraft, name: FunctionName, first: NewVersion, context: ChangeContext): Move {
  const to = nextVersionNumber(Object.hasOwn(draft.retired, name) ? draft.retired[name] : undefined);
  delete draft.retired[name];
  const record: FunctionRecord = {
    name,
    createdAt: context.now,
    updatedAt: context.now,
    lastVersion: to,
    live: to,
    versions: { [String(to)]: recordOf(to, first, context) },
    aliases: {},
    overrides: {},
    history: [],
  };
  note(record, { action: first.action, ...about(first), from: null, to }, context);
  draft.add(record);
  return { from: null, to };
}

/** Adds the next version of a function and makes it live. */
function append(record: FunctionRecord, next: NewVersion, context: ChangeContext): Move {
  const from = record.live;
  const to = nextVersionNumber(record.lastVersion);
  record.lastVersion = to;
  record.versions[String(to)] = recordOf(to, next, context);
  moveLive(record, to, { action: next.action, ...about(next) }, context);
  return { from, to };
}

function recordOf(number: VersionNumber, next: NewVersion, context: ChangeContext): VersionRecord {
  return { ...next.version, version: number, createdAt: context.now, ...about(next) };
}

function moveLive(
  record: FunctionRecord,
  to: VersionNumber,
  how: Pick<Movement, 'action' | 'by' | 'message'>,
  context: ChangeContext,
): void {
  const from = record.live;
  record.live = to;
  record.updatedAt = context.now;
  note(record, { ...how, from, to }, context);
}

function pointAlias(record: FunctionRecord, alias: AliasName, request: AliasRequest, context: ChangeContext): void {
  const from = aliasTarget(record, alias) ?? null;
  if (from === request.version) return;
  record.aliases[alias] = request.version;
  note(record, { action: 'alias', alias, from, to: request.version, ...about(request) }, context);
}

function aliasTarget(record: FunctionRecord, alias: AliasName): VersionNumber | undefined {
  return Object.hasOwn(record.aliases, alias) ? record.aliases[alias] : undefined;
}

function note(record: FunctionRecord, movement: Omit<Movement, 'at'>, context: ChangeContext): void {
  record.history = withMovement(record.history, { at: context.now, ...movement });
}

function about(request: { readonly by?: string | undefined; readonly message?: string | undefined }): {
  by: string;
  message: string;
} {
  return { by: request.by ?? '', message: request.message ?? '' };
}
