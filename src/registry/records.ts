import {
  isAliasName,
  isFunctionName,
  VERSION_NUMBER,
  type FunctionName,
  type AliasName,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { nearest, numberRanges } from '../kit/index.ts';
import type { CatalogueDraft, CatalogueView, FunctionRecord, VersionRecord } from '../store/index.ts';

/** Refused as the name of a function or an alias, because plain objects cannot have it as an own key. */
const UNUSABLE = '__proto__';

/** Throws `LAM_REGISTRY_INVALID_NAME`. */
export function checkName(name: string): asserts name is FunctionName {
  if (typeof name !== 'string' || !isFunctionName(name) || name === UNUSABLE)
    throw lamError('LAM_REGISTRY_INVALID_NAME', { name: String(name) });
}

/** Throws `LAM_REGISTRY_INVALID_ALIAS`. */
export function checkAlias(alias: string): asserts alias is AliasName {
  if (typeof alias !== 'string' || !isAliasName(alias) || alias === UNUSABLE)
    throw lamError('LAM_REGISTRY_INVALID_ALIAS', { alias: String(alias) });
}

/** Returns a copy of a function's record. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` with the nearest name. */
export function requireRecord(catalogue: CatalogueView, name: FunctionName): FunctionRecord {
  const record = catalogue.record(name);
  if (record === undefined) throw functionNotFound(name, catalogue.names());
  return record;
}

/** Returns a function's record for editing. Throws as {@link requireRecord} does. */
export function editRecord(draft: CatalogueDraft, name: FunctionName): FunctionRecord {
  const record = draft.edit(name);
  if (record === undefined) throw functionNotFound(name, draft.names());
  return record;
}

/** Returns a version. Throws `LAM_REGISTRY_VERSION_NOT_FOUND`. */
export function requireVersion(record: FunctionRecord, version: VersionNumber): VersionRecord {
  const found =
    VERSION_NUMBER.test(String(version)) && Object.hasOwn(record.versions, String(version))
      ? record.versions[String(version)]
      : undefined;
  if (found === undefined) throw versionNotFound(record, String(version));
  return found;
}

/** Returns the error for a version that does not exist; it names those that do. */
export function versionNotFound(record: FunctionRecord, version: string): Error {
  return lamError('LAM_REGISTRY_VERSION_NOT_FOUND', { name: record.name, version, existing: existingVersions(record) });
}

/** Returns the versions of a function in words, as `v1 to v4, v7`. */
export function existingVersions({ versions }: FunctionRecord): string {
  return numberRanges(
    Object.values(versions).map(({ version }) => version),
    'v',
  );
}

/** Returns the error for a function that does not exist. */
export function functionNotFound(name: string, names: Iterable<string>): Error {
  const meant = nearest(name, names);
  return lamError('LAM_REGISTRY_FUNCTION_NOT_FOUND', { name, ...(meant === undefined ? {} : { nearest: meant }) });
}
