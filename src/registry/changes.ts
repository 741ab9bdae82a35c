import {
  nextVersionNumber,
  withoutLimits,
  type AliasRequest,
  type ConfigPatch,
  type Digest,
  type ForeignFacts,
  type FunctionConfig,
  type FunctionLimits,
  type KeptZip,
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
import { aliasesOf, pointAlias, setAlias } from './alias-changes.ts';
import { about, type ChangeContext, type Move } from './change-context.ts';
import { changeMessage } from './change-message.ts';
import { isSameVersion, keptVersion } from './checks.ts';
import { checkConfig, sameConfig } from './config.ts';
import { note, previousVersion } from './history.ts';
import { defined, effectiveConfig, without, withoutSettings, type Layers } from './layers.ts';
import {
  applyLimits,
  changedLimits,
  functionLimits,
  limitChanges,
  limitNotices,
  setsLimitsAlone,
  versionConfig,
} from './function-limits.ts';
import { missingFunctions } from './missing-functions.ts';
import { missingNotices } from './missing-variables.ts';
import { endedNotices, hiddenNotices, liftedNotices, resumedNotices, suspendedNotices } from './notices.ts';
import { checkFlags, checkUnset, patchLayers } from './overrides.ts';
import { withWholeLists } from './trigger-changes.ts';
import { setProvisioned } from './provisioned.ts';
import { checkAlias, editRecord, existingVersions, requireVersion } from './records.ts';
import { checkNewTriggers, checkTriggers } from './triggers.ts';

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
  readonly version: Pick<VersionRecord, 'artifact' | 'config' | 'size' | 'zip' | 'foreign'>;
  readonly layers: Layers;
  readonly action: 'deploy' | 'config';
  readonly by: string | undefined;
  readonly message: string | undefined;
}

/** What a change leads to. */
export interface AppliedChange {
  /** The version that its pointer then leads to. */
  readonly version: VersionRecord;
  /** Whether the version existed before. */
  readonly exists: boolean;
  /** The version that was live before; undefined for a new function. */
  readonly live: VersionNumber | undefined;
}

/** Makes a change and returns what it led to. */
export function outcomeOf(
  draft: CatalogueDraft,
  name: FunctionName,
  change: PointerChange,
  context: ChangeContext,
): AppliedChange {
  const before = draft.edit(name);
  const { live, lastVersion = 0 } = before ?? {};
  const { to } = moveBy(draft, name, change, context);
  return {
    version: requireVersion(editRecord(draft, name), to),
    exists: before !== undefined && to <= lastVersion,
    live,
  };
}

/** Makes a change of any kind. */
export function moveBy(draft: CatalogueDraft, name: FunctionName, change: PointerChange, context: ChangeContext): Move {
  switch (change.kind) {
    case 'publish':
      return publish(draft, name, change.request, context);
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
 * Flags remove the live settings of the same name, also when nothing is published.
 */
export function publish(
  draft: CatalogueDraft,
  name: FunctionName,
  request: PublishRequest,
  context: ChangeContext,
): Published {
  const record = draft.edit(name);
  const { kinds } = context;
  const flags = structuredClone(defined(request.flags ?? {}));
  checkFlags(name, flags, kinds);
  const input = expandShortForms(structuredClone(request.config), kinds);
  checkOnto(name, record, request);
  const before = withoutSettings(record?.overrides ?? {}, request.replaces ?? []);
  const layers = { input, flags, overrides: without(before, flags) };
  const complete = effectiveConfig(layers, kinds);
  checkConfig(name, complete, kinds);
  const config = versionConfig(complete);
  if (request.alias !== undefined) checkAlias(request.alias);
  checkTriggers(draft, name, config.triggers, kinds);
  checkNewTriggers(draft, name, config.triggers, context);
  const live = record?.versions[record.live];
  const notices = [
    ...liftedNotices(before, flags),
    ...hiddenNotices(name, layers, kinds),
    ...(live === undefined ? [] : againNotices(name, live, { layers, config }, kinds)),
    ...missingNotices(name, config, kinds),
    ...missingFunctions(name, config, (one) => draft.has(one) || request.alongside?.includes(one) === true),
    ...changedLimits(record, complete),
  ];
  if (record !== undefined) record.overrides = layers.overrides;
  const pointGiven = (version: VersionNumber): void => {
    if (request.alias !== undefined)
      pointAlias(editRecord(draft, name), request.alias, { version, ...about(request) }, context);
  };
  // A deploy by another way keeps, for instance, the role that AWS's API gave the function.
  const foreign = request.foreign ?? live?.foreign;
  const code = { artifact: request.artifact, size: context.size, zip: request.zip };
  const version = { config, ...beside(code, foreign) };
  if (record !== undefined && live !== undefined && isSameVersion(live, version)) {
    // The layers may differ where another one hides them; they count once that is unset.
    Object.assign(live, layers);
    pointGiven(live.version);
    return { unchanged: true, from: record.live, to: record.live, notices };
  }
  const next: NewVersion = { version, layers, action: 'deploy', by: request.by, message: request.message };
  const move = record === undefined ? begin(draft, name, next, context) : append(record, next, context);
  pointGiven(move.to);
  return { unchanged: false, ...move, notices };
}

/** Throws `LAM_REGISTRY_MOVED` if a function is not as the request says. */
function checkOnto(name: FunctionName, record: FunctionRecord | undefined, { onto }: PublishRequest): void {
  if (onto !== undefined && (record?.updatedAt !== onto?.updatedAt || record?.live !== onto?.live))
    throw lamError('LAM_REGISTRY_MOVED', { name });
}

/** What a new version has besides its configuration. */
function beside(
  { artifact, size, zip }: { artifact: Digest; size: number; zip?: KeptZip | undefined },
  foreign: ForeignFacts | undefined,
): Omit<NewVersion['version'], 'config'> {
  return {
    ...{ artifact, size },
    ...(zip === undefined ? {} : { zip }),
    ...(foreign === undefined ? {} : { foreign: structuredClone(foreign) }),
  };
}

/** Says what a deploy changes besides what was given for it: flags that ended, live settings that count again. */
function againNotices(
  name: FunctionName,
  live: VersionRecord,
  { layers, config }: { readonly layers: Layers; readonly config: FunctionConfig },
  kinds: readonly TriggerKind[],
): string[] {
  const had = without(live.overrides ?? layers.overrides, layers.flags);
  const own = versionConfig(effectiveConfig({ ...layers, overrides: had }, kinds));
  return [...endedNotices(name, live, own), ...resumedNotices(live.version, own, config, kinds)];
}

/** Changes live settings; publishes the live version's code with them if its configuration changes. */
export function patchConfig(
  draft: CatalogueDraft,
  name: FunctionName,
  given: ConfigPatch,
  context: ChangeContext,
): Published {
  const record = editRecord(draft, name);
  const live = requireVersion(record, record.live);
  const { kinds } = context;
  const { input, flags = {} } = live;
  const before = { input, flags, overrides: record.overrides };
  const { patch, notices: ofLists } = withWholeLists(name, before, given, kinds);
  checkUnset(name, patch, kinds);
  const { layers, notices: ofPatch } = patchLayers(before, patch, kinds);
  const complete = effectiveConfig(layers, kinds);
  checkConfig(name, complete, kinds, true);
  if (setsLimitsAlone(given)) {
    const notices = [...ofPatch, ...changedLimits(record, complete)];
    noteLimits(record, given, complete, context);
    applyLimits(record, live, layers);
    return { unchanged: true, from: record.live, to: record.live, notices };
  }
  const config = versionConfig(complete);
  const notices = [
    ...ofLists,
    ...ofPatch,
    ...changedLimits(record, complete),
    ...missingNotices(name, config, kinds),
    ...missingFunctions(name, config, (one) => draft.has(one)),
  ];
  checkTriggers(draft, name, config.triggers, kinds);
  checkNewTriggers(draft, name, config.triggers, { ...context, live: true });
  record.overrides = layers.overrides;
  if (sameConfig(live.config, config)) {
    Object.assign(live, layers);
    return { unchanged: true, from: record.live, to: record.live, notices };
  }
  const version = { config, ...beside(live, live.foreign) };
  const message = patch.message ?? changeMessage(live.config, config, kinds);
  const own = patchLayers({ ...before, overrides: live.overrides ?? before.overrides }, patch, kinds).layers;
  const resumed = resumedNotices(live.version, versionConfig(effectiveConfig(own, kinds)), config, kinds);
  return {
    unchanged: false,
    ...append(record, { version, layers, action: 'config', by: patch.by, message }, context),
    notices: [...notices, ...resumed],
  };
}

/** Adds changed limits to the history, where they move no pointer. */
// oxlint-disable-next-line max-params -- the function, what was asked for and by whom, what that leads to
function noteLimits(record: FunctionRecord, given: ConfigPatch, after: FunctionLimits, context: ChangeContext): void {
  const changes = limitChanges(functionLimits(record), after);
  const { live } = record;
  const message = given.message ?? changes.join(', ');
  if (changes.length > 0)
    note(record, { action: 'config', ...about({ ...given, message }), from: live, to: live }, context);
}

/** Result of a rollback. */
export interface RolledBack {
  readonly from: VersionNumber;
  readonly to: VersionNumber;
  readonly notices: readonly string[];
}

/** Moves the live pointer to an earlier version; changes nothing if it is the live one. */
export function rollback(
  draft: CatalogueDraft,
  name: FunctionName,
  request: RollbackRequest,
  context: ChangeContext,
): RolledBack {
  const record = editRecord(draft, name);
  const from = record.live;
  const to =
    request.to ?? previousVersion(record.history, (version) => Object.hasOwn(record.versions, String(version)));
  if (to === undefined)
    throw lamError('LAM_REGISTRY_NO_PREVIOUS_VERSION', { name, live: from, existing: existingVersions(record) });
  const { config } = requireVersion(record, to);
  if (to === from) return { from, to, notices: [] };
  checkTriggers(draft, name, config.triggers, context.kinds);
  const limits = functionLimits(record);
  moveLive(record, to, { action: 'rollback', ...about(request) }, context);
  const suspended = suspendedNotices(name, config, withoutLimits(record.overrides), context.kinds);
  return { from, to, notices: [...suspended, ...limitNotices(limits, functionLimits(record))] };
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
    const alias = aliasesOf(record, version)[0];
    const by = record.live === version ? 'the live pointer' : alias === undefined ? undefined : `alias '${alias}'`;
    if (by !== undefined) throw lamError('LAM_REGISTRY_VERSION_IN_USE', { name, version, by });
    delete record.versions[String(version)];
    setProvisioned(record, String(version), undefined);
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

/** Adds the next version of a function, unless the newest was kept for the same change, and makes it live. */
function append(record: FunctionRecord, next: NewVersion, context: ChangeContext): Move {
  const from = record.live;
  const kept = keptVersion(record, next.version);
  const to = kept?.version ?? nextVersionNumber(record.lastVersion);
  if (kept === undefined) record.versions[String(to)] = recordOf(to, next, context);
  else Object.assign(kept, next.layers);
  record.lastVersion = to;
  moveLive(record, to, { action: next.action, ...about(next) }, context);
  return { from, to };
}

function recordOf(number: VersionNumber, next: NewVersion, context: ChangeContext): VersionRecord {
  return { ...next.version, ...next.layers, version: number, createdAt: context.now, ...about(next) };
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
