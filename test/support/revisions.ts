import { DEFAULT_CONFIG, type FunctionConfig } from '../../src/contract/index.ts';
import type { PoolRevision } from '../../src/pool/index.ts';
import { parseRuntime } from '../../src/runtimes/index.ts';
import { digestFor, asFunctionName, asVersion } from './ids.ts';

/** A version of a function, with its configuration given in part. */
export function revision(functionName: string, version: number, config: Partial<FunctionConfig> = {}): PoolRevision {
  const whole = { ...DEFAULT_CONFIG, ...config };
  const runtime = parseRuntime(whole.runtime);
  if (runtime === undefined) throw new Error(`no runtime '${whole.runtime}'`);
  return {
    functionName: asFunctionName(functionName),
    version: asVersion(version),
    config: whole,
    runtime,
    artifact: digestFor(`${functionName}${version}`),
    functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
  };
}
