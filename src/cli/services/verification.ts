import { LIMITS } from '../../contract/index.ts';

/** After this time a line says what is waited for (ms). */
const PATIENCE_MS = 2000;

/** Waits for a change that the daemon checks in a sandbox, and says so when it takes long. */
export async function whileVerified<T>(say: (line: string) => void, change: Promise<T>): Promise<T> {
  const limit = `${LIMITS.initMs / 1000} s or its timeout, whichever is longer`;
  const timer = setTimeout(
    () => say(`still loading its code in a sandbox to check it; the limit is ${limit}`),
    PATIENCE_MS,
  );
  try {
    return await change;
  } finally {
    clearTimeout(timer);
  }
}
