import { isAliasName, isDigest, isFunctionName, isVersionNumber, parseVersionNumber } from '../../contract/index.ts';

/**
 * Returns a record's first fault, as words to follow the function's name, or undefined. The file may have been edited
 * or damaged: names, numbers and digests become parts of paths and keys, so each must have its exact form. Pure.
 */
export function functionFault(name: string, record: unknown): string | undefined {
  if (!isFunctionName(name)) return 'its name is not valid';
  if (!isObject(record)) return 'is not an object';
  const { versions, aliases, live, lastVersion, history, overrides } = record;
  if (record['name'] !== name) return 'has another name inside';
  if (!isObject(versions) || !isObject(aliases) || !isObject(overrides) || !Array.isArray(history))
    return 'is not complete';
  if (!isVersionOf(versions, live)) return 'its live version is missing';
  for (const [number, version] of Object.entries(versions)) {
    const fault = versionFault(number, version);
    if (fault !== undefined) return fault;
    if (!isNumber(lastVersion) || Number(number) > lastVersion) return 'its last version number is too low';
  }
  return aliasesFault(aliases, versions) ?? routingFault(record['routing'], aliases, versions);
}

/** Returns the first fault of the last version numbers of deleted functions, or undefined. Pure. */
export function retiredFault(retired: Readonly<Record<string, unknown>>): string | undefined {
  const astray = Object.entries(retired).find(([name, last]) => !isFunctionName(name) || !isNumber(last));
  return astray === undefined ? undefined : `the deleted function '${astray[0]}' has no valid name and number`;
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function aliasesFault(aliases: Record<string, unknown>, versions: Record<string, unknown>): string | undefined {
  for (const [alias, to] of Object.entries(aliases)) {
    if (!isAliasName(alias)) return `alias '${alias}' has a name that is not valid`;
    if (!isVersionOf(versions, to)) return `alias '${alias}' points at a version that is missing`;
  }
  return undefined;
}

function routingFault(
  routing: unknown,
  aliases: Record<string, unknown>,
  versions: Record<string, unknown>,
): string | undefined {
  if (routing === undefined) return undefined;
  if (!isObject(routing)) return 'the routing of its aliases is not an object';
  for (const [alias, division] of Object.entries(routing)) {
    if (!Object.hasOwn(aliases, alias)) return `'${alias}' has routing, but there is no such alias`;
    if (!isObject(division) || !isObject(division['weights'])) return `the routing of alias '${alias}' is not complete`;
    for (const [version, weight] of Object.entries(division['weights'])) {
      if (!Object.hasOwn(versions, version)) return `alias '${alias}' points at a version that is missing`;
      if (typeof weight !== 'number') return `alias '${alias}' gives version ${version} no number as its weight`;
    }
  }
  return undefined;
}

function versionFault(number: string, version: unknown): string | undefined {
  if (parseVersionNumber(number) === undefined) return `version '${number}' has a number that is not valid`;
  if (!isObject(version)) return `version ${number} is not complete`;
  const { artifact, config, input, flags = {}, overrides = {}, zip } = version;
  if (version['version'] !== Number(number) || ![input, flags, overrides].every(isObject))
    return `version ${number} is not complete`;
  if (!isObject(config) || !Array.isArray(config['triggers'])) return `version ${number} is not complete`;
  const digests = zip === undefined ? [artifact] : [artifact, isObject(zip) ? zip['artifact'] : undefined];
  if (!digests.every((digest) => typeof digest === 'string' && isDigest(digest)))
    return `version ${number} names no artifact by its digest`;
  return undefined;
}

function isVersionOf(versions: Record<string, unknown>, number: unknown): boolean {
  return isNumber(number) && Object.hasOwn(versions, String(number));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && isVersionNumber(value);
}
