import {
  LIMIT_FIELDS,
  NO_LIMITS,
  isLimit,
  settingText,
  settingWord,
  withoutLimits,
  type ConfigInput,
  type ConfigPatch,
  type FunctionConfig,
  type FunctionLimits,
} from '../contract/index.ts';
import type { FunctionRecord, OutlineFact, VersionRecord } from '../store/index.ts';
import { defined, type Layers } from './layers.ts';

/** Limits of functions that have any, which the daemon needs for all functions at start. */
export const FUNCTION_LIMITS: OutlineFact<FunctionLimits> = {
  name: 'limits',
  derive: (_config, record) => {
    const limits = functionLimits(record);
    return LIMIT_FIELDS.some((field) => limits[field] !== null) ? limits : undefined;
  },
};

/** The configuration of a version: complete but for the limits, which are the function's. Pure. */
export function versionConfig(config: FunctionConfig): FunctionConfig {
  return { ...config, ...NO_LIMITS };
}

/** The limits of a function: those of its live version's deploy, and above them its live settings. Pure. */
export function functionLimits({ live, versions, overrides }: FunctionRecord): FunctionLimits {
  const { input = {}, flags = {} } = versions[String(live)] ?? {};
  const given: ConfigInput = { ...defined(input), ...defined(overrides), ...defined(flags) };
  const valueOf = (field: keyof FunctionLimits): number | null => given[field] ?? null;
  return {
    rateLimit: valueOf('rateLimit'),
    burst: valueOf('burst'),
    reservedConcurrency: valueOf('reservedConcurrency'),
  };
}

/** Says which limits change, since no version does. Pure. */
export function limitNotices(before: FunctionLimits, after: FunctionLimits): string[] {
  return limitChanges(before, after).map((change) => `${change}, at once and for all versions`);
}

/** The limits that differ: `rateLimit: 5 -> 10`. Pure. */
export function limitChanges(before: FunctionLimits, after: FunctionLimits): string[] {
  return LIMIT_FIELDS.filter((field) => before[field] !== after[field]).map(
    (field) => `${settingWord(field)}: ${settingText(field, before[field])} -> ${settingText(field, after[field])}`,
  );
}

/** As {@link limitNotices}, of a function; none for one that is new. Pure. */
export function changedLimits(record: FunctionRecord | undefined, after: FunctionLimits): string[] {
  return record === undefined ? [] : limitNotices(functionLimits(record), after);
}

/** Whether a patch changes limits and nothing else. Accepts any JSON. Pure. */
export function setsLimitsAlone(patch: ConfigPatch): boolean {
  const { set = {}, unset = [], message: _message, by: _by, verify: _verify, ...others } = patch;
  if (!Array.isArray(unset) || Object.keys(others).length > 0) return false;
  const fields = [...Object.keys(set), ...unset.map(String)];
  return fields.length > 0 && fields.every((field) => isLimit(field));
}

/**
 * Applies patched limits to a function and notes them in its live version. Other live settings stay as they are, also
 * those that do not apply to a version that was rolled back to.
 */
export function applyLimits(record: FunctionRecord, live: VersionRecord, { overrides, flags }: Layers): void {
  const limits = Object.fromEntries(Object.entries(overrides).filter(([field]) => isLimit(field)));
  record.overrides = { ...withoutLimits(record.overrides), ...limits };
  if (live.overrides !== undefined) live.overrides = { ...withoutLimits(live.overrides), ...limits };
  live.flags = flags;
}
