import { setImmediate as pause } from 'node:timers/promises';

/** Longest stretch of synchronous work (ms): what a request may be delayed by. */
const STRETCH_MS = 2;

/**
 * Returns a function to await between steps of synchronous work: it lets other events through once the work has run for
 * 2 ms, and costs next to nothing otherwise.
 */
export function pacer(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < STRETCH_MS) return undefined;
    return pause().then(() => {
      since = performance.now();
    });
  };
}
