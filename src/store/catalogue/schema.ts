import type {
  AliasRouting,
  ConfigInput,
  Digest,
  ForeignFacts,
  FunctionConfig,
  KeptZip,
  OwnUrlAuth,
  OwnUrlCors,
  ProvisionedQualifier,
  Movement,
  FunctionName,
  VersionCheck,
  VersionNumber,
} from '../../contract/index.ts';
import { functionFault, isObject, retiredFault } from './record-fault.ts';

/** Schema of the files that are written; one more than the number of {@link MIGRATIONS}. */
export const CATALOGUE_SCHEMA = 7;

export interface VersionRecord {
  version: VersionNumber;
  artifact: Digest;
  /** Complete configuration. Never changes. */
  config: FunctionConfig;
  /**
   * Settings of lam.yaml, from which the configuration is made again when live settings change. Before schema 4 they
   * included those given as flags.
   */
  input: ConfigInput;
  /** Settings given as flags of the deploy; absent if there were none or before schema 4. */
  flags?: ConfigInput;
  /** Live settings that the version was made with; absent before schema 4. */
  overrides?: ConfigInput;
  createdAt: number;
  by: string;
  message: string;
  /** Unpacked size (bytes). */
  size: number;
  /** Absent once its code was loaded before it went live, and in versions of older daemons. */
  check?: VersionCheck;
  /** Absent if the code did not come as a zip that is kept. */
  zip?: KeptZip;
  /** Absent for none. */
  foreign?: ForeignFacts;
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
  /** Of the aliases that divide their requests among several versions; absent for none. */
  routing?: Record<string, AliasRouting>;
  /** By qualifier, the empty one for none: CORS of the function's own URL; absent for none. */
  ownUrls?: Record<string, OwnUrlCors>;
  /** By qualifier, the empty one for none: who may call the function's own URL; absent where it was never set. */
  ownUrlAuth?: Record<string, OwnUrlAuth>;
  /** By qualifier: sandboxes that are kept warm; absent for none. */
  provisioned?: Record<string, ProvisionedQualifier>;
  /** Live settings, which win over those of a deploy. */
  overrides: ConfigInput;
  /** Oldest first; limited in length. */
  history: Movement[];
  /** Absent for none. */
  foreign?: ForeignFacts;
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
const MIGRATIONS: readonly Migration[] = [withScaling, withTriggers, withLayers, withRuntimes, withEvents, withLimits];

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

/**
 * Schema 4 keeps the flags and the live settings of a version apart from lam.yaml. Neither can be told apart in an older
 * version, so its settings stay as they are, and all new fields are optional.
 */
function withLayers(data: Record<string, unknown>): Record<string, unknown> {
  return data;
}

/** Schema 5 adds `payload` and `layers`. */
function withRuntimes(data: Record<string, unknown>): Record<string, unknown> {
  for (const { version, config } of versionsOf(data)) version['config'] = { ...config, payload: '2.0', layers: null };
  return data;
}

/** Schema 6 adds the settings of asynchronous invocations. */
function withEvents(data: Record<string, unknown>): Record<string, unknown> {
  const added = {
    async: false,
    maximumRetryAttempts: 2,
    maximumEventAgeMs: 21_600_000,
    eventVersion: 'run',
    onSuccess: null,
    onFailure: null,
    maximumQueuedEvents: 2_000_000,
    maximumDeadLetters: 10_000,
  };
  for (const { version, config } of versionsOf(data)) version['config'] = { ...config, ...added };
  return data;
}

/** Schema 7 adds limits, and calls `minWarm` as AWS does: `provisionedConcurrency`. */
function withLimits(data: Record<string, unknown>): Record<string, unknown> {
  for (const { record, version, config } of versionsOf(data)) {
    version['config'] = { ...provisioned(config), rateLimit: null, burst: null, reservedConcurrency: null };
    for (const [of, key] of [
      [version, 'input'],
      [version, 'flags'],
      [version, 'overrides'],
      [record, 'overrides'],
    ] as const)
      if (isObject(of[key])) of[key] = provisioned(of[key]);
  }
  return data;
}

function provisioned({ minWarm, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return minWarm === undefined ? rest : { ...rest, provisionedConcurrency: minWarm };
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
  const gone = retiredFault(retired);
  if (gone !== undefined) return gone;
  for (const [name, record] of Object.entries(functions)) {
    const fault = functionFault(name, record);
    if (fault !== undefined) return `function '${name}': ${fault}`;
  }
  return undefined;
}

/** Numbers of all versions that the aliases of a function lead to, as text. */
export function aliasedVersions({ aliases, routing = {} }: Pick<FunctionRecord, 'aliases' | 'routing'>): Set<string> {
  const weighted = Object.values(routing).flatMap(({ weights }) => Object.keys(weights));
  return new Set([...Object.values(aliases).map(String), ...weighted]);
}
