import {
  isLimit,
  type Arns,
  type FunctionConfig,
  type FunctionDetail,
  type FunctionSummary,
  type LayersOfSettings,
  type ShownConfig,
  type ThrottleCounts,
  type TriggerConfig,
  type TriggerState,
  type VersionInfo,
  type FunctionName,
} from '../contract/index.ts';
import type { FunctionOutline, FunctionRecord, VersionRecord } from '../store/index.ts';
import { endpointsOf, inShortForms, namesInShortForm, type TriggerKind } from '../triggers/index.ts';
import { aliasesOf } from './alias-changes.ts';
import { functionLimits } from './function-limits.ts';
import { previousVersion } from './history.ts';
import { layersOf } from './layers.ts';
import { requireVersion } from './records.ts';
import type { Revision } from './revision.ts';

/** Facts from other rooms that answers include. Called only while an answer is built. */
export interface Surroundings {
  readonly arns: Arns;
  /** URL of a function. */
  readonly url: (name: FunctionName) => string;
  readonly sandboxes: (name: FunctionName) => FunctionSummary['sandboxes'];
  /** Number of warm sandboxes of a revision. */
  readonly warm: (revision: Revision) => number;
  /** Requests of a function that its limits refused. */
  readonly throttled: (name: FunctionName) => ThrottleCounts;
  /** States of a function's triggers that the daemon runs. */
  readonly triggers: (name: FunctionName) => readonly TriggerState[];
}

/** Returns a function's entry in a list. */
export function summaryOf(
  f: Pick<FunctionOutline, 'runtime' | 'live' | 'versions' | 'updatedAt'> & {
    readonly name: FunctionName;
    readonly triggers: readonly TriggerConfig[];
  },
  around: Surroundings,
  kinds: readonly TriggerKind[],
): FunctionSummary {
  const { name, runtime, live, versions, triggers, updatedAt } = f;
  const routes = namesInShortForm('routes', triggers, kinds);
  const sandboxes = around.sandboxes(name);
  const url = around.url(name);
  const endpoints = endpointsOf(url, triggers, kinds);
  return { name, runtime, live, versions, url, endpoints, routes, triggers, updatedAt, sandboxes };
}

/** Returns all details of a function. The result shares parts of `record`, which must be the caller's own copy. */
export function detailOf(record: FunctionRecord, around: Surroundings, kinds: readonly TriggerKind[]): FunctionDetail {
  const { name, live, updatedAt } = record;
  const version = requireVersion(record, live);
  const { config } = version;
  const { runtime, triggers } = config;
  const outline = { name, runtime, triggers, live, updatedAt, versions: Object.keys(record.versions).length };
  return {
    ...summaryOf(outline, around, kinds),
    createdAt: record.createdAt,
    arn: around.arns.function(name),
    config: shown({ ...config, ...functionLimits(record) }, kinds),
    layers: layersOf(version, kinds),
    overrides: record.overrides,
    aliases: record.aliases,
    aliasRouting: record.routing ?? {},
    previous: previousVersion(record.history, (number) => Object.hasOwn(record.versions, String(number))) ?? null,
    allVersions: versionsOf(record, kinds),
    history: record.history.toReversed(),
    triggerStates: around.triggers(name),
    throttled: around.throttled(name),
    ...(record.provisioned === undefined ? {} : { provisioned: record.provisioned }),
    ...(record.foreign === undefined ? {} : { foreign: record.foreign }),
  };
}

function shown(config: FunctionConfig, kinds: readonly TriggerKind[]): ShownConfig {
  return { ...config, ...inShortForms(config.triggers, kinds) };
}

/** Newest first. */
function versionsOf(record: FunctionRecord, kinds: readonly TriggerKind[]): VersionInfo[] {
  return Object.values(record.versions)
    .toSorted((a, b) => b.version - a.version)
    .map((version) => versionInfoOf(record, version, kinds));
}

/** Returns a version's entry in the list of versions. */
export function versionInfoOf(record: FunctionRecord, from: VersionRecord, kinds: readonly TriggerKind[]): VersionInfo {
  const { version, artifact, config, createdAt, by, message, size, check, zip, foreign } = from;
  return {
    version,
    artifact,
    config: shown(config, kinds),
    layers: ofVersion(layersOf(from, kinds)),
    createdAt,
    by,
    message,
    size,
    live: version === record.live,
    aliases: aliasesOf(record, version),
    ...(check === undefined ? {} : { check }),
    ...(zip === undefined ? {} : { zip }),
    ...(foreign === undefined ? {} : { foreign }),
  };
}

/** Limits are not a version's. */
function ofVersion({ settings, environment }: LayersOfSettings): LayersOfSettings {
  return { settings: Object.fromEntries(Object.entries(settings).filter(([field]) => !isLimit(field))), environment };
}
