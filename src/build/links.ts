import { lamError } from '../errors/index.ts';
import type { Collected } from './collect.ts';
import type { FunctionName } from '../contract/index.ts';

/** Links that Linux follows before ELOOP. */
const LINK_HOPS = 40;

/**
 * Throws `LAM_BUILD_SYMLINK_ESCAPES` for the first link that leads out of the artifact, directly or through its other
 * links. Allows links to paths that do not exist.
 */
export function refuseEscapingLinks(functionName: FunctionName, entries: Iterable<Collected>): void {
  const targets = new Map<string, string>();
  for (const entry of entries) if (entry.kind === 'symlink') targets.set(entry.path, entry.target);
  for (const [path, target] of targets) {
    const why = linkFault(path, target, targets);
    if (why !== undefined) throw lamError('LAM_BUILD_SYMLINK_ESCAPES', { function: functionName, path, target, why });
  }
}

/** Resolves a link as the kernel does; returns the fault, which completes 'the link ...'. */
function linkFault(path: string, target: string, targets: ReadonlyMap<string, string>): string | undefined {
  if (target.includes('\\')) return 'contains a backslash';
  if (target.startsWith('/')) return 'leads out of the folder';
  const at = path.split('/').slice(0, -1);
  const ahead = target.split('/').toReversed();
  for (let hops = 0; ahead.length > 0;) {
    const part = ahead.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return 'leads out of the folder';
      continue;
    }
    at.push(part);
    const next = targets.get(at.join('/'));
    if (next === undefined) continue;
    hops += 1;
    if (hops > LINK_HOPS) return 'leads in a circle';
    if (next.startsWith('/')) return 'leads out of the folder';
    at.pop();
    ahead.push(...next.split('/').toReversed());
  }
  return undefined;
}
