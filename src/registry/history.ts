import type { Movement } from '../contract/index.ts';

/** Movements kept per function; older ones are dropped. */
const HISTORY_LENGTH = 1000;

/** Adds a movement, dropping the oldest past {@link HISTORY_LENGTH}. */
export function withMovement(history: readonly Movement[], movement: Movement): Movement[] {
  return [...history, movement].slice(-HISTORY_LENGTH);
}

/**
 * The versions that were live before the current one and have not been rolled back from, oldest first, the current
 * one last. Deploys and configurations put one on top; a rollback takes away all above the version it goes to, so
 * that rolling back again goes further back.
 */
function liveStack(history: readonly Movement[]): number[] {
  const stack: number[] = [];
  for (const { action, alias, from, to } of history) {
    if (alias !== undefined || action === 'alias' || to === null) continue;
    if (stack.length === 0 && from !== null) stack.push(from);
    const at = action === 'rollback' ? stack.lastIndexOf(to) : -1;
    if (at === -1) stack.push(to);
    else stack.length = at + 1;
  }
  return stack;
}

/** Where a rollback without a number goes: the newest of {@link liveStack} below the top that still exists. */
export function previousVersion(
  history: readonly Movement[],
  exists: (version: number) => boolean,
): number | undefined {
  return liveStack(history)
    .slice(0, -1)
    .findLast((version) => exists(version));
}
