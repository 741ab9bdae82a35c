import type { Digest, FunctionConfig } from '../contract/index.ts';
import type { Runtime } from '../runtimes/index.ts';

/** What the pool must know of a version to run it. One object per version for as long as it exists. */
export interface PoolRevision {
  readonly functionName: string;
  readonly version: number;
  readonly config: FunctionConfig;
  readonly runtime: Runtime;
  /** Identity of the code. */
  readonly artifact: Digest;
  /** Unqualified. */
  readonly functionArn: string;
}

/** Invocations one sandbox may run at the same time: no more than may run in all. */
export function concurrencyOf({ concurrency, maxConcurrency }: FunctionConfig): number {
  return Math.min(concurrency, maxConcurrency);
}
