import { FOLDER_DEFAULTS, type FolderTrigger } from './settings.ts';

/** The settings that decide which files count. */
export type Selecting = Pick<FolderTrigger, 'prefix' | 'suffix' | 'recursive' | 'hidden'>;

/** Which files of a folder count, by their keys: paths within the folder, with `/`. */
export interface Selection {
  /** Whether a file counts. */
  selects(key: string): boolean;
  /** Whether files below a subfolder may count. */
  enters(key: string): boolean;
}

/** Returns the selection of a trigger. Pure. */
export function selectionOf(settings: Selecting): Selection {
  const { prefix, suffix, recursive, hidden } = { ...FOLDER_DEFAULTS, ...settings };
  const suffixes = typeof suffix === 'string' ? [suffix] : suffix;
  const isShown = (key: string): boolean => hidden || !key.split('/').some((part) => part.startsWith('.'));
  const isDeep = (key: string): boolean => key.includes('/');
  return {
    selects: (key) =>
      key.startsWith(prefix) &&
      suffixes.some((end) => key.endsWith(end)) &&
      (recursive || !isDeep(key)) &&
      isShown(key),
    enters: (key) => {
      const start = `${key}/`;
      return recursive && isShown(key) && (start.startsWith(prefix) || prefix.startsWith(start));
    },
  };
}

/** The settings alone, to be kept and compared. */
export function selectingOf({ prefix, suffix, recursive, hidden }: FolderTrigger): Required<Selecting> {
  const { prefix: p, suffix: s, recursive: r, hidden: h } = FOLDER_DEFAULTS;
  return { prefix: prefix ?? p, suffix: suffix ?? s, recursive: recursive ?? r, hidden: hidden ?? h };
}
