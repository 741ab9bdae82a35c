import type { Runtime } from '../../runtimes/index.ts';

/**
 * A driver's `stemKey`: functions of this runtime share stems where all of `madeWith` is the same, which is
 * what the place is made with. Pure.
 */
export function stemKeyOf({ protocol, family, version }: Runtime, madeWith: readonly unknown[]): string | null {
  if (protocol !== 'frames') return null;
  // One Node runs all versions of nodejs; which Python is found depends on the version.
  return JSON.stringify([family, family === 'python3' ? version : undefined, ...madeWith]);
}
