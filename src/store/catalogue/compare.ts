import type { CatalogueState, KeptFunction } from './state.ts';
import type { FunctionName } from '../../contract/index.ts';

/**
 * Names of the functions that differ between two states: removed ones first, so that their routes are free for the
 * others. Reads only the differences if `after` was made from `before`, else compares every function. Pure.
 */
export function differingNames(before: CatalogueState, after: CatalogueState): readonly FunctionName[] {
  if (before === after) return [];
  if (after.origin?.base === before.id) return after.origin.names;
  const removed: FunctionName[] = [];
  const changed: FunctionName[] = [];
  for (const name of before.functions.keys()) if (!after.functions.has(name)) removed.push(name);
  for (const [name, kept] of after.functions) {
    const was = before.functions.get(name);
    if (was === undefined || !isSame(was, kept)) changed.push(name);
  }
  return [...removed, ...changed];
}

/** A state shares unchanged entries with the one it was made from; a state parsed from bytes shares none. */
function isSame(a: KeptFunction, b: KeptFunction): boolean {
  return a === b || a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end) === 0;
}
