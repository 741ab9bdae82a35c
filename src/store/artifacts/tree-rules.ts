import type { ManifestEntry } from '../../contract/index.ts';

/** Why an entry must not be laid out on disk. `why` completes a sentence about the entry. */
export interface TreeFault {
  readonly kind: 'path' | 'conflict' | 'symlink';
  readonly path: string;
  readonly why: string;
  /** Only for symbolic links. */
  readonly target?: string;
}

const PATH_BYTES = 1024;
const PART_BYTES = 255;
/** Limit of symbolic links in one path, as on Linux. */
const LINK_HOPS = 40;
/** Limit of path parts walked for all links of one artifact: bounds the time that a hostile one takes. */
const LINK_STEPS = 2_000_000;

/**
 * Returns what is wrong with a relative path, or undefined. Strict: one spelling per path, valid on every system. Pure.
 */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.includes('\0')) return 'it contains a NUL character';
  if (path.includes('\\')) return 'it contains a backslash';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[A-Za-z]:/.test(path)) return 'it begins with a drive letter';
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  if (Buffer.byteLength(path) > PATH_BYTES) return `it is longer than ${PATH_BYTES} bytes`;
  for (const part of path.split('/')) {
    if (part === '..') return "it leaves the root ('..')";
    if (part === '' || part === '.') return `it has an empty or '.' part`;
    if (Buffer.byteLength(part) > PART_BYTES) return `it has a part longer than ${PART_BYTES} bytes`;
  }
  return undefined;
}

/**
 * Returns the first entry that conflicts with another or leads out of the tree, or undefined. Paths must have passed
 * {@link pathFault}. Pure.
 */
export function treeFault(
  entries: readonly Pick<ManifestEntry & { target?: string }, 'path' | 'kind' | 'target'>[],
): TreeFault | undefined {
  const kinds = new Map<string, string | null>();
  for (const { path, target } of entries) {
    if (kinds.has(path)) return { kind: 'conflict', path, why: 'the name occurs twice' };
    kinds.set(path, target ?? null);
  }
  for (const { path } of entries) {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash);
      const target = kinds.get(above);
      if (target !== undefined) {
        return {
          kind: 'conflict',
          path,
          why: `it lies below '${above}', which is ${target === null ? 'a file' : 'a symbolic link'}`,
        };
      }
    }
  }
  return linkFaults(entries, true)[0];
}

/**
 * Returns the symbolic links that must not be laid out, each with the reason; with `onlyFirst` one of them. Paths must
 * have passed {@link pathFault}. Pure.
 */
export function linkFaults(
  entries: readonly Pick<ManifestEntry & { target?: string }, 'path' | 'kind' | 'target'>[],
  onlyFirst = false,
): readonly TreeFault[] {
  const kinds = new Map(entries.map(({ path, target }) => [path, target ?? null]));
  const links = entries.flatMap(({ path, target }) => (target === undefined ? [] : [{ path, target }]));
  const budget = { steps: LINK_STEPS };
  const faults: TreeFault[] = [];
  const found = new Set<string>();
  for (const follow of [targetFault, (target: string, path: string) => walkFault(path, target, kinds, budget)]) {
    for (const { path, target } of links) {
      if (found.has(path)) continue;
      const why = follow(target, path);
      if (why === undefined) continue;
      faults.push({ kind: 'symlink', path, target, why });
      found.add(path);
      if (onlyFirst) return faults;
    }
  }
  return faults;
}

function targetFault(target: string): string | undefined {
  if (target === '') return 'it has no target';
  if (target.includes('\0') || target.includes('\\')) return 'its target contains a NUL character or a backslash';
  if (Buffer.byteLength(target) > PATH_BYTES) return `its target is longer than ${PATH_BYTES} bytes`;
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target)) return 'its target is absolute';
  return undefined;
}

/**
 * Resolves a link as the kernel would, through other links of the tree; returns why it must be refused, or undefined.
 */
function walkFault(
  path: string,
  target: string,
  kinds: ReadonlyMap<string, string | null>,
  budget: { steps: number },
): string | undefined {
  const at = path.split('/').slice(0, -1);
  const todo = target.split('/').toReversed();
  let hops = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    if (--budget.steps < 0) return 'there are too many links to follow';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return 'it leads out of the root';
      continue;
    }
    at.push(part);
    const next = kinds.get(at.join('/'));
    if (typeof next !== 'string') continue;
    if (++hops > LINK_HOPS) return 'it leads in a circle';
    at.pop();
    todo.push(...next.split('/').toReversed());
  }
  return undefined;
}
