import type { Runtime } from '../../runtimes/index.ts';

/**
 * Returns a driver's `stemKey`: functions of this runtime share stems when `madeWith`, the driver's inputs for the
 * sandbox, is equal. Pure.
 */
export function stemKeyOf({ family, version, descriptor }: Runtime, madeWith: readonly unknown[]): string | null {
  if (descriptor.stems === 'none') return null;
  // A stem for executables holds nothing of their language.
  const { entry } = descriptor;
  const what = entry.kind === 'executable' ? [entry.kind, entry.file] : [family];
  return JSON.stringify([...what, descriptor.stems === 'per-version' ? version : undefined, ...madeWith]);
}
