import type { StartupCacheSource } from '../pool/index.ts';
import type { Store } from '../store/index.ts';
import type { FunctionName } from '../contract/index.ts';

/**
 * Minimum size of code that gains from a cache (bytes). Measured: a bundle of 1 MB saves more than half of its init, a
 * short handler nothing.
 */
const WORTH_BYTES = 128 * 1024;

/**
 * Serves the store's start-up caches to the pool, keyed by function, artifact, interpreter and driver: paths differ
 * between drivers, and a cache made in one function's sandbox is never loaded by another function, even with the same
 * code.
 */
export function startupCachesOf({ artifacts, startupCaches }: Store, driver: string): StartupCacheSource {
  const keyOf = (functionName: FunctionName, interpreter: string): string => `${driver} ${functionName} ${interpreter}`;
  return {
    async find({ artifact, functionName }, interpreter) {
      try {
        const { codeBytes } = await artifacts.facts(artifact);
        if (codeBytes < WORTH_BYTES) return { cache: undefined, isWanted: false };
        const cache = await startupCaches.get(artifact, keyOf(functionName, interpreter));
        return { cache, isWanted: cache === undefined };
      } catch {
        // An unreadable artifact is reported when its code is loaded.
        return { cache: undefined, isWanted: false };
      }
    },
    keep({ artifact, functionName }, interpreter, cache) {
      void startupCaches.put(artifact, keyOf(functionName, interpreter), cache);
    },
  };
}
