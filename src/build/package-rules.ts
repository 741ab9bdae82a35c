import { readFile } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import ignore from 'ignore';
import type { ProjectFunction } from '../project/index.ts';

/**
 * Selects the paths of a folder that go into the artifact. Paths are relative and `/`-separated, without a trailing
 * slash.
 */
export interface PackageRules {
  /** Whether the folder may contain selected paths. */
  enters(folder: string): boolean;
  takes(path: string): boolean;
}

/** Selects everything. */
export const EVERYTHING: PackageRules = { enters: () => true, takes: () => true };

/** Selects what installers wrote, without their records, caches and links to commands. */
export const INSTALLED: PackageRules = {
  enters: (folder) => !['__pycache__', '.bin', '.cache'].includes(posix.basename(folder)),
  takes: (path) => !path.endsWith('.pyc') && path !== '.package-lock.json',
};

/** Excluded unless .lamignore or `build.include` re-includes them. */
const LEFT_OUT: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.lam',
  '.lamignore',
  '.gitignore',
  '.DS_Store',
  '/lam.yaml',
  '/lam.yml',
  '.env',
  '.env.*',
  'node_modules/.cache',
  'node_modules/.package-lock.json',
  '__pycache__',
  '*.pyc',
  '.venv',
  '.pytest_cache',
  '.mypy_cache',
];

/**
 * Rules of a function's folder: lam's own list and the folders of other functions, then its .lamignore (grammar of
 * .gitignore; `!` re-includes), then the patterns of `build.include`. With `onlyIncluded` selects only the latter, and what
 * triggers need.
 */
export async function packageRules(
  {
    directory,
    othersFolders,
    build: { include, needed = [] },
  }: Pick<ProjectFunction, 'directory' | 'othersFolders' | 'build'>,
  { onlyIncluded }: { readonly onlyIncluded: boolean },
): Promise<PackageRules> {
  const ignored = ignore({ ignorecase: false })
    .add(LEFT_OUT)
    .add(othersFolders.map((folder) => `/${literal(relative(directory, folder))}`))
    .add(await lamignore(directory));
  const included = ignore({ ignorecase: false }).add(include);
  const isNeeded = (path: string): boolean => needed.some((place) => isWithin(path, posix.normalize(place)));
  const reachesModules = include.some((pattern) => pattern.includes('node_modules'));
  return {
    enters(folder) {
      const leadsToNeeded = needed.some((place) => isWithin(posix.normalize(place), folder)) || isNeeded(folder);
      if ((!onlyIncluded || leadsToNeeded) && !ignored.ignores(`${folder}/`)) return true;
      const name = posix.basename(folder);
      return include.length > 0 && name !== '.git' && (name !== 'node_modules' || reachesModules);
    },
    takes: (path) => included.ignores(path) || ((!onlyIncluded || isNeeded(path)) && !ignored.ignores(path)),
  };
}

/** Whether a path is a place or below it; all are below `.`. */
function isWithin(path: string, place: string): boolean {
  const base = place.replace(/\/$/, '');
  return base === '.' || path === base || path.startsWith(`${base}/`);
}

/** Escapes what .gitignore's grammar gives a meaning. */
function literal(path: string): string {
  return path.replaceAll(/[\\*?[\]!# ]/g, '\\$&');
}

async function lamignore(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, '.lamignore'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
