import type { Digest, FunctionConfig, FunctionName, VersionNumber } from '../contract/index.ts';
import type { Runtime } from '../runtimes/index.ts';

/**
 * Facts about a version that the pool needs. The same object as long as the version exists, because it is a key of
 * maps.
 */
export interface PoolRevision {
  readonly functionName: FunctionName;
  readonly version: VersionNumber;
  readonly config: FunctionConfig;
  readonly runtime: Runtime;
  /** Identity of the code. */
  readonly artifact: Digest;
  /** Unqualified. */
  readonly functionArn: string;
}

/**
 * Invocations that one sandbox may run at the same time: at most as many as all sandboxes of the function may, and as
 * its runtime can.
 */
export function concurrencyOf({ config, runtime }: Pick<PoolRevision, 'config' | 'runtime'>): number {
  return runtime.descriptor.concurrency === 'one' ? 1 : Math.min(config.concurrency, config.maxConcurrency);
}
