import { isDeepStrictEqual } from 'node:util';
import {
  CONFIG_BOUNDS,
  DEFAULT_CONFIG,
  EVENT_VERSIONS,
  IN_LAM_YAML,
  LIMIT_FIELDS,
  LIMITS,
  NETWORKS,
  OUTCOMES,
  PAYLOAD_FORMATS,
  RESERVED_ENVIRONMENT,
  isDigest,
  type ConfigInput,
  type FunctionConfig,
  type ShortForms,
  type TriggerConfig,
  type FunctionName,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import {
  declarationFaults,
  readDestination,
  shapeFaults,
  shortFormsOf,
  type Declared,
  type TriggerKind,
} from '../triggers/index.ts';
import { parseRuntime, requireRuntime } from '../runtimes/index.ts';

const FIELDS = Object.keys(DEFAULT_CONFIG) as (keyof FunctionConfig)[];
const WHOLE: ReadonlySet<keyof FunctionConfig> = new Set([
  'timeoutMs',
  'memoryMiB',
  'pids',
  'tmpMiB',
  'concurrency',
  'maxConcurrency',
  'maxQueue',
  'provisionedConcurrency',
  'idleTimeoutMs',
  'maximumRetryAttempts',
  'maximumEventAgeMs',
  'maximumQueuedEvents',
  'maximumDeadLetters',
  'burst',
  'reservedConcurrency',
]);

/** Settings that may be null, which lets lam decide. */
const NULLABLE: ReadonlySet<keyof FunctionConfig> = new Set(['idleTimeoutMs', ...LIMIT_FIELDS]);

/**
 * Throws `LAM_REGISTRY_INVALID_CONFIG` with all faults of a configuration, or `LAM_REGISTRY_UNKNOWN_RUNTIME`.
 * @param live whether a change of live settings made it, and not a deploy
 */
export function checkConfig(
  name: FunctionName,
  config: FunctionConfig,
  kinds: readonly TriggerKind[],
  live = false,
): void {
  const faults = [...configFaults(config, kinds), ...triggerFaults(name, config.triggers, kinds)];
  if (faults.length > 0) throw lamError('LAM_REGISTRY_INVALID_CONFIG', { name, faults, ...(live ? { live } : {}) });
  requireRuntime(config.runtime);
}

/**
 * Returns the faults of a complete configuration, each as `setting: fault` in the words of lam.yaml. Accepts any JSON.
 * Pure.
 */
function configFaults(config: FunctionConfig, kinds: readonly TriggerKind[]): string[] {
  const faults: string[] = [];
  for (const field of Object.keys(config)) {
    if (shortFormsOf(kinds).some(({ form }) => form.key === field)) faults.push(`${field}: must be a list`);
    else if (!(FIELDS as string[]).includes(field)) faults.push(`${field}: there is no such setting`);
  }
  for (const field of ['runtime', 'handler', 'description'] as const) {
    if (typeof config[field] !== 'string') faults.push(`${field}: must be text`);
  }
  if (config.handler === '') faults.push('handler: must not be empty');
  if (!NETWORKS.includes(config.network)) faults.push("network: must be 'on', 'open' or 'none'");
  if (!PAYLOAD_FORMATS.includes(config.payload)) faults.push("payload: must be '1.0' or '2.0', as text");
  if (config.image !== null && (typeof config.image !== 'string' || config.image === ''))
    faults.push('image: must be the name of an image, or null');
  if (config.burst !== null && config.rateLimit === null) faults.push('burst: has no effect without rateLimit');
  return [
    ...faults,
    ...layersFaults(config.layers),
    ...numberFaults(config),
    ...environmentFaults(config.environment),
    ...eventFaults(config),
  ];
}

/** Faults of the settings of asynchronous invocations that are no numbers. */
function eventFaults(config: FunctionConfig): string[] {
  const faults: string[] = [];
  if (typeof config.async !== 'boolean') faults.push('async: must be true or false');
  if (!EVENT_VERSIONS.includes(config.eventVersion))
    faults.push(`eventVersion: must be '${EVENT_VERSIONS.join("' or '")}'`);
  for (const outcome of OUTCOMES) {
    const found = config[outcome] === null ? undefined : readDestination(config[outcome]);
    if (found !== undefined && 'fault' in found) faults.push(`${outcome}: ${found.fault}`);
  }
  return faults;
}

function layersFaults(layers: unknown): string[] {
  if (layers === null) return [];
  const { sources, artifact } = Object(layers) as Record<string, unknown>;
  if (!Array.isArray(sources) || !sources.every((one) => typeof one === 'string') || typeof artifact !== 'string')
    return ['layers: must be a list of sources and an artifact, or null'];
  if (!isDigest(artifact)) return ['layers: the artifact must be a digest'];
  return sources.length > LIMITS.layers
    ? [`layers: ${sources.length} are given, and a function has at most ${LIMITS.layers}`]
    : [];
}

function numberFaults(config: FunctionConfig): string[] {
  const faults: string[] = [];
  for (const [field, [low, high]] of Object.entries(CONFIG_BOUNDS) as [
    keyof typeof CONFIG_BOUNDS,
    readonly [number, number],
  ][]) {
    const value = config[field];
    if (value === null && NULLABLE.has(field)) continue;
    const { word, factor = 1, unit = '' } = IN_LAM_YAML[field];
    const given = `${Number(value) / factor}${unit}`;
    if (typeof value !== 'number' || !Number.isFinite(value)) faults.push(`${word}: must be a number`);
    else if (value < low || value > high)
      faults.push(`${word}: ${given} is not between ${low / factor} and ${high / factor}`);
    else if (WHOLE.has(field) && !Number.isInteger(value)) {
      faults.push(`${word}: ${given} is not a whole number${factor === 1 ? '' : ' of milliseconds'}`);
    }
  }
  return faults;
}

function environmentFaults(environment: unknown): string[] {
  if (typeof environment !== 'object' || environment === null || Array.isArray(environment))
    return ['environment: must be a map of names to values'];
  const faults: string[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(environment)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) faults.push(`environment: '${key}' is not a variable's name`);
    else if (RESERVED_ENVIRONMENT.has(key)) faults.push(`environment: '${key}' is set by lam and cannot be changed`);
    // Messages never contain values, which may be secrets.
    if (typeof value !== 'string') faults.push(`environment: the value of '${key}' must be text`);
    else if (value.includes('\0')) faults.push(`environment: the value of '${key}' contains a NUL character`);
    else bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > LIMITS.environmentBytes)
    faults.push(`environment: ${bytes} bytes of names and values, and the limit is ${LIMITS.environmentBytes}`);
  return faults;
}

function triggerFaults(functionName: FunctionName, triggers: unknown, kinds: readonly TriggerKind[]): string[] {
  if (!Array.isArray(triggers)) return ['triggers: must be a list'];
  const faults: string[] = [];
  const formed: Declared[] = [];
  for (const [index, entry] of (triggers as unknown[]).entries()) {
    const found = shapeFaults(entry, kinds);
    faults.push(...found.map(({ message }) => `triggers: ${message}, in entry ${index + 1}`));
    if (found.length === 0) formed.push({ functionName, config: entry as TriggerConfig });
  }
  return [...faults, ...declarationFaults(formed, kinds).map(({ message }) => `triggers: ${message}`)];
}

/** Whether two configurations, complete or not, are equal; the order of keys does not matter. */
export function sameConfig(a: ConfigInput, b: ConfigInput): boolean {
  return isDeepStrictEqual(a, b);
}

/** Returns the configuration without the named fields that are lists. */
export function withoutLists(
  config: FunctionConfig & ShortForms,
  names: readonly (keyof ShortForms)[],
): FunctionConfig {
  const left = { ...config };
  for (const name of names) if (Array.isArray(left[name])) delete left[name];
  return left;
}

/** The default handler of a runtime; undefined if the runtime is unknown. Accepts any JSON. */
export function runtimeHandler(runtime: unknown): string | undefined {
  return typeof runtime === 'string' ? parseRuntime(runtime)?.descriptor.handler.default : undefined;
}
