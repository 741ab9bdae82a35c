import type { Digest, FunctionConfig } from '../contract/index.ts';
import type { Runtime } from '../runtimes/index.ts';

/** What the pool needs to know of a version. One object per version as long as it exists: it is a key of maps. */
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
