import type { Movement, VersionNumber } from '../contract/index.ts';
import type { FunctionRecord } from '../store/index.ts';
import type { ChangeContext } from './change-context.ts';

/** Movements kept per function; older ones are dropped. */
const HISTORY_LENGTH = 1000;

/** Adds a movement to a function's history, and drops the oldest beyond {@link HISTORY_LENGTH}. */
export function note(record: FunctionRecord, movement: Omit<Movement, 'at'>, { now }: ChangeContext): void {
  record.history = [...record.history, { at: now, ...movement }].slice(-HISTORY_LENGTH);
}

/**
 * Returns the stack of live versions, the current one last: a deploy or a configuration change pushes one, and a
 * rollback pops all above its target, so that repeated rollbacks go further back.
 */
function liveStack(history: readonly Movement[]): VersionNumber[] {
  const stack: VersionNumber[] = [];
  for (const { action, alias, from, to } of history) {
    // A change of limits moves nothing.
    if (alias !== undefined || action === 'alias' || to === null || from === to) continue;
    if (stack.length === 0 && from !== null) stack.push(from);
    const at = action === 'rollback' ? stack.lastIndexOf(to) : -1;
    if (at === -1) stack.push(to);
    else stack.length = at + 1;
  }
  return stack;
}

/**
 * Returns the target of a rollback without a number: the newest existing version below the top of {@link liveStack}.
 */
export function previousVersion(
  history: readonly Movement[],
  exists: (version: VersionNumber) => boolean,
): VersionNumber | undefined {
  return liveStack(history)
    .slice(0, -1)
    .findLast((version) => exists(version));
}
