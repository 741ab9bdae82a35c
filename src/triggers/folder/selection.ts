import { posix } from 'node:path';
import { FOLDER_DEFAULTS, type FolderTrigger } from './settings.ts';

/** The settings that decide which files count. */
export type Selecting = Pick<FolderTrigger, (typeof SELECTING)[number]>;

const SELECTING = ['prefix', 'suffix', 'include', 'exclude', 'recursive', 'hidden'] as const;

/** Which files of a folder count, by their keys: paths within the folder, with `/`. */
export interface Selection {
  /** Whether a file counts. */
  selects(key: string): boolean;
  /** Whether files below a subfolder may count. */
  enters(key: string): boolean;
}

/** Returns the selection of a trigger. Pure. */
export function selectionOf(settings: Selecting): Selection {
  const { prefix, suffix, include, exclude, recursive, hidden } = { ...FOLDER_DEFAULTS, ...settings };
  const [suffixes, included, excluded] = [listOf(suffix), listOf(include), listOf(exclude)];
  const isShown = (key: string): boolean => hidden || !key.split('/').some((part) => part.startsWith('.'));
  const isDeep = (key: string): boolean => key.includes('/');
  const isIncluded = (key: string): boolean => included.length === 0 || matchesAny(key, included);
  const isExcluded = (key: string): boolean =>
    excluded.length > 0 && pathsTo(key).some((path) => matchesAny(path, excluded));
  return {
    selects: (key) =>
      key.startsWith(prefix) &&
      suffixes.some((end) => key.endsWith(end)) &&
      (recursive || !isDeep(key)) &&
      isShown(key) &&
      isIncluded(key) &&
      !isExcluded(key),
    enters: (key) => {
      const start = `${key}/`;
      const mayBegin = start.startsWith(prefix) || prefix.startsWith(start);
      return recursive && isShown(key) && mayBegin && !isExcluded(key);
    },
  };
}

/** The settings alone, to be kept and compared. */
export function selectingOf(config: FolderTrigger): Required<Selecting> {
  const all = { ...FOLDER_DEFAULTS, ...config };
  return Object.fromEntries(SELECTING.map((key) => [key, all[key]])) as unknown as Required<Selecting>;
}

/** Returns what a setting that is a text or a list stands for. */
export function listOf(setting: string | readonly string[]): readonly string[] {
  return typeof setting === 'string' ? [setting] : setting;
}

/** The subfolders that a file is in, and the file: `a`, `a/b`, `a/b/c`. */
function pathsTo(key: string): readonly string[] {
  const parts = key.split('/');
  return parts.map((_, n) => parts.slice(0, n + 1).join('/'));
}

function matchesAny(key: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => posix.matchesGlob(key, pattern));
}
