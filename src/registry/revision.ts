import type { Digest, FunctionConfig } from '../contract/index.ts';
import { parseRuntime, type Runtime } from '../runtimes/index.ts';
import { lamError } from '../errors/index.ts';

/** What one version runs. Frozen, and the same object for as long as the version exists. */
export interface Revision {
  /** `name@version`: no other version of any function, of now or later, has the same. */
  readonly key: string;
  readonly functionName: string;
  readonly version: number;
  readonly config: FunctionConfig;
  readonly artifact: Digest;
  readonly runtime: Runtime;
  /** Unqualified. */
  readonly functionArn: string;
}

const ARN_PREFIX = 'arn:aws:lambda:us-east-1:000000000000:function:';

/** A function's ARN, with the qualifier at the end if there is one. */
export function functionArn(name: string, qualifier?: string): string {
  return qualifier === undefined ? ARN_PREFIX + name : `${ARN_PREFIX}${name}:${qualifier}`;
}

/** Makes a version's revision; it takes `version` over, which nobody else may hold. Throws `LAM_INTERNAL_INVARIANT` for a runtime that publishing would have refused. */
export function makeRevision(
  name: string,
  version: { version: number; config: FunctionConfig; artifact: Digest },
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
    functionArn: functionArn(name),
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
