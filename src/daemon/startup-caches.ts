import type { StartupCacheSource } from '../pool/index.ts';
import type { Store } from '../store/index.ts';

/** Code smaller than this loads as fast without, bytes (measured: a handler of some lines gains nothing, a bundle of 1 MB more than half of its init). */
const WORTH_BYTES = 128 * 1024;

/**
 * The store's start-up caches as the pool wants them: one for each function, artifact, interpreter and driver. Drivers differ in
 * paths; and what one function's sandbox makes is never loaded by another's, though their code be the same.
 */
export function startupCachesOf({ artifacts, startupCaches }: Store, driver: string): StartupCacheSource {
  const keyOf = (functionName: string, interpreter: string): string => `${driver} ${functionName} ${interpreter}`;
  return {
    async find({ artifact, functionName }, interpreter) {
      try {
        const { codeBytes } = await artifacts.facts(artifact);
        if (codeBytes < WORTH_BYTES) return { cache: undefined, isWanted: false };
        const cache = await startupCaches.get(artifact, keyOf(functionName, interpreter));
        return { cache, isWanted: cache === undefined };
      } catch {
        // The artifact cannot be read: loading its code will say so better.
        return { cache: undefined, isWanted: false };
      }
    },
    keep({ artifact, functionName }, interpreter, cache) {
      void startupCaches.put(artifact, keyOf(functionName, interpreter), cache);
    },
  };
}
