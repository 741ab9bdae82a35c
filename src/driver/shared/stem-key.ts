import type { Runtime } from '../../runtimes/index.ts';

/**
 * A driver's `stemKey`: functions of this runtime share stems where all of `madeWith`, what the driver makes the sandbox
 * with, is the same. Pure.
 */
export function stemKeyOf({ family, version, descriptor }: Runtime, madeWith: readonly unknown[]): string | null {
  if (descriptor.stems === 'none') return null;
  return JSON.stringify([family, descriptor.stems === 'per-version' ? version : undefined, ...madeWith]);
}
