import { isDeepStrictEqual } from 'node:util';
import type { FunctionName, VersionCheck, VersionNumber } from '../contract/index.ts';
import type { CatalogueDraft, FunctionRecord, VersionRecord } from '../store/index.ts';
import { sameConfig } from './config.ts';
import { editRecord, requireVersion } from './records.ts';

/** What a change records about its version's check, null for one that passed; undefined leaves the record as it is. */
export type CheckMark = { readonly check: VersionCheck | null } | undefined;

/** Records the check of the version that a change led to; returns the change's result. */
export function marked<M extends { readonly to: VersionNumber }>(
  draft: CatalogueDraft,
  name: FunctionName,
  move: M,
  mark: CheckMark,
): M {
  if (mark === undefined) return move;
  const version = requireVersion(editRecord(draft, name), move.to);
  if (mark.check === null) delete version.check;
  else version.check = mark.check;
  return move;
}

/**
 * Makes a change but for what it makes live: the function keeps its pointers, its live settings and its history, and
 * gets the version with `check` as its mark, null for one that passed.
 */
export function keepUnpublished(
  draft: CatalogueDraft,
  name: FunctionName,
  change: () => { readonly to: VersionNumber },
  check: VersionCheck | null,
): void {
  const before = structuredClone(editRecord(draft, name));
  const { to } = change();
  const record = editRecord(draft, name);
  const { lastVersion } = record;
  const versions = { [String(to)]: requireVersion(record, to), ...before.versions };
  delete record.routing;
  Object.assign(record, before, { lastVersion, versions });
  marked(draft, name, { to }, { check });
}

/**
 * Returns the newest version if it has the same code and configuration as `wanted` and was kept without going live, so
 * that repeating a failed change makes no further version.
 */
export function keptVersion(
  record: FunctionRecord,
  wanted: Pick<VersionRecord, 'artifact' | 'config' | 'foreign'>,
): VersionRecord | undefined {
  const newest = record.versions[String(record.lastVersion)];
  if (newest?.check === undefined || newest.version === record.live) return undefined;
  return isSameVersion(newest, wanted) ? newest : undefined;
}

/** Whether two versions have the same code, configuration and foreign facts. */
export function isSameVersion(
  a: Pick<VersionRecord, 'artifact' | 'config' | 'foreign'>,
  b: Pick<VersionRecord, 'artifact' | 'config' | 'foreign'>,
): boolean {
  return a.artifact === b.artifact && sameConfig(a.config, b.config) && isDeepStrictEqual(a.foreign, b.foreign);
}
