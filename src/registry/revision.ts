import type { Arns, Digest, FunctionConfig, FunctionName, VersionNumber } from '../contract/index.ts';
import { parseRuntime, type Runtime } from '../runtimes/index.ts';
import { lamError } from '../errors/index.ts';

/** What a version runs. Frozen; the same object as long as the version exists. */
export interface Revision {
  /** `name@version`; never reused by another version. */
  readonly key: string;
  readonly functionName: FunctionName;
  readonly version: VersionNumber;
  readonly config: FunctionConfig;
  readonly artifact: Digest;
  readonly runtime: Runtime;
  /** Unqualified. */
  readonly functionArn: string;
}

/**
 * Makes a version's revision. Freezes `version`, so the caller must own it. Throws `LAM_INTERNAL_INVARIANT` for an
 * unknown runtime.
 */
export function makeRevision(
  name: FunctionName,
  version: { version: VersionNumber; config: FunctionConfig; artifact: Digest },
  arns: Arns,
): Revision {
  const runtime = parseRuntime(version.config.runtime);
  if (runtime === undefined)
    throw lamError('LAM_INTERNAL_INVARIANT', { what: `version ${version.version} of '${name}' has a known runtime` });
  return Object.freeze({
    key: `${name}@${version.version}`,
    functionName: name,
    version: version.version,
    config: deepFreeze(version.config),
    artifact: version.artifact,
    runtime: deepFreeze(runtime),
    functionArn: arns.function(name),
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
