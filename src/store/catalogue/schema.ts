import type {
  ConfigInput,
  Digest,
  FunctionConfig,
  Movement,
  FunctionName,
  VersionNumber,
} from '../../contract/index.ts';

/** Schema of the files that are written; one more than the number of {@link MIGRATIONS}. */
export const CATALOGUE_SCHEMA = 3;

export interface VersionRecord {
  version: VersionNumber;
  artifact: Digest;
  /** Complete configuration. Never changes. */
  config: FunctionConfig;
  /** The author's settings, from which the configuration is made again when live settings change. */
  input: ConfigInput;
  createdAt: number;
  by: string;
  message: string;
  /** Unpacked size (bytes). */
  size: number;
}

export interface FunctionRecord {
  name: FunctionName;
  createdAt: number;
  /** When the live pointer last moved. */
  updatedAt: number;
  /** Highest version number so far; numbers are never reused. */
  lastVersion: VersionNumber;
  live: VersionNumber;
  /** Keys are version numbers. */
  versions: Record<string, VersionRecord>;
  aliases: Record<string, VersionNumber>;
  /** Live settings, which win over those of a deploy. */
  overrides: ConfigInput;
  /** Oldest first; limited in length. */
  history: Movement[];
}

/** Content of the file. */
export interface CatalogueData {
  schema: number;
  functions: Record<string, FunctionRecord>;
  /** Last version numbers of deleted functions; a later function of the same name continues from there. */
  retired: Record<string, VersionNumber>;
}

/** Converts data of one schema to the next. Pure; may reuse its argument. */
export type Migration = (data: Record<string, unknown>) => Record<string, unknown>;

/** `MIGRATIONS[n]` converts schema n + 1 to schema n + 2. */
const MIGRATIONS: readonly Migration[] = [withScaling, withTriggers];

/** Schema 2 adds `concurrency` and `minWarm`; the pool decides idle times that were never set. */
function withScaling(data: Record<string, unknown>): Record<string, unknown> {
  for (const { record, version, config } of versionsOf(data)) {
    const asked = [version['input'], record['overrides']].some(
      (given) => isObject(given) && given['idleTimeoutMs'] !== undefined,
    );
    const idleTimeoutMs = asked ? config['idleTimeoutMs'] : null;
    version['config'] = { ...config, concurrency: 1, minWarm: 0, idleTimeoutMs };
  }
  return data;
}

/** Schema 3 has one list of triggers: routes become triggers of type `http`. Overrides keep the short form. */
function withTriggers(data: Record<string, unknown>): Record<string, unknown> {
  for (const { version, config } of versionsOf(data)) {
    version['config'] = { ...withoutRoutes(config), triggers: triggersOf(config) };
    const input = version['input'];
    if (isObject(input) && 'routes' in input)
      version['input'] = { ...withoutRoutes(input), triggers: triggersOf(input) };
  }
  return data;
}

function withoutRoutes({ routes: _gone, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest;
}

function triggersOf({ routes }: Record<string, unknown>): unknown {
  return Array.isArray(routes) ? routes.map((route: unknown) => ({ type: 'http', route })) : [];
}

/** Yields the versions that have a configuration; `data` is unchecked. */
function* versionsOf(
  data: Record<string, unknown>,
): Iterable<Readonly<Record<'record' | 'version' | 'config', Record<string, unknown>>>> {
  const functions = isObject(data['functions']) ? data['functions'] : {};
  for (const record of Object.values(functions)) {
    if (!isObject(record) || !isObject(record['versions'])) continue;
    for (const version of Object.values(record['versions'])) {
      if (isObject(version) && isObject(version['config'])) yield { record, version, config: version['config'] };
    }
  }
}

/** Result of reading a catalogue's text. */
export type Reading =
  | { readonly kind: 'ok'; readonly data: CatalogueData }
  | { readonly kind: 'newer'; readonly schema: number }
  | { readonly kind: 'corrupt'; readonly why: string };

/** Reads a catalogue's text and migrates older schemas. Pure; never throws. */
export function readCatalogue(text: string, migrations: readonly Migration[] = MIGRATIONS): Reading {
  const current = migrations.length + 1;
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return { kind: 'corrupt', why: text.trim() === '' ? 'it is empty' : 'it is not JSON' };
  }
  if (!isObject(data)) return { kind: 'corrupt', why: 'it is not an object' };
  const schema = data['schema'];
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema < 1)
    return { kind: 'corrupt', why: 'it names no schema' };
  if (schema > current) return { kind: 'newer', schema };
  let migrated = data;
  try {
    for (let from = schema; from < current; from++)
      migrated = { ...migrations[from - 1]?.(migrated), schema: from + 1 };
  } catch (error) {
    return { kind: 'corrupt', why: `schema ${schema} could not be migrated: ${String(error)}` };
  }
  const fault = shapeFault(migrated);
  if (fault !== undefined) return { kind: 'corrupt', why: fault };
  return { kind: 'ok', data: migrated as unknown as CatalogueData };
}

function shapeFault(data: Record<string, unknown>): string | undefined {
  const { functions, retired } = data;
  if (!isObject(functions)) return "'functions' is missing";
  if (!isObject(retired)) return "'retired' is missing";
  for (const [name, record] of Object.entries(functions)) {
    const fault = functionFault(name, record);
    if (fault !== undefined) return `function '${name}': ${fault}`;
  }
  return undefined;
}

/** Returns a record's first fault, as words to follow the function's name, or undefined. Pure. */
export function functionFault(name: string, record: unknown): string | undefined {
  if (!isObject(record)) return 'is not an object';
  const { versions, aliases, live, lastVersion, history, overrides } = record;
  if (record['name'] !== name) return 'has another name inside';
  if (!isObject(versions) || !isObject(aliases) || !isObject(overrides) || !Array.isArray(history))
    return 'is not complete';
  if (typeof live !== 'number' || !Object.hasOwn(versions, String(live))) return 'its live version is missing';
  for (const [number, version] of Object.entries(versions)) {
    if (!isVersion(version, number)) return `version ${number} is not complete`;
    if (typeof lastVersion !== 'number' || Number(number) > lastVersion) return 'its last version number is too low';
  }
  const astray = Object.entries(aliases).find(([, to]) => !Object.hasOwn(versions, String(to)));
  return astray === undefined ? undefined : `alias '${astray[0]}' points at a version that is missing`;
}

function isVersion(value: unknown, number: string): boolean {
  if (!isObject(value)) return false;
  return (
    String(value['version']) === number &&
    typeof value['artifact'] === 'string' &&
    isObject(value['config']) &&
    Array.isArray(value['config']['triggers']) &&
    isObject(value['input'])
  );
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
