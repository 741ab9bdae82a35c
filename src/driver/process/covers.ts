import { lstat, readlink, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Links followed in one path before it counts as a circle, as in Linux. */
const MOST_LINKS = 40;

/** A file or folder of this machine that sandboxes need at its usual path. */
export interface Need {
  /** Absolute. */
  readonly path: string;
  /** Whether sandboxes may write there, as far as the modes allow. */
  readonly writable: boolean;
}

/** A folder that is covered by an empty one, in which only what is needed appears. */
export interface Cover {
  readonly folder: string;
  /** Mode of the folder that covers it, octal. */
  readonly mode: string;
  readonly shown: readonly { readonly need: Need; readonly within: string; readonly isFolder: boolean }[];
}

/** Folders that are covered in any case, with the modes of their covers. */
export type AlwaysCovered = ReadonlyMap<string, string>;

/** Mode of covers: entered by all, listed by root. */
const CLOSED_MODE = '0711';

/**
 * Returns the covers that let other users reach `needs`: on the way to each, the first folder that is in `always` or
 * that only its owner may enter. Paths that all may walk need none.
 */
export async function coversFor(needs: readonly Need[], always: AlwaysCovered): Promise<readonly Cover[]> {
  const shown = new Map<string, Cover['shown'][number][]>();
  // One inside another cover is hidden already.
  for (const folder of always.keys()) if ((await firstClosed(folder, always)) === undefined) shown.set(folder, []);
  for (const need of needs) {
    const stop = await firstClosed(need.path, always);
    if (stop === undefined) continue;
    const isFolder = (await stat(need.path)).isDirectory();
    shown.set(stop.folder, [...(shown.get(stop.folder) ?? []), { need, within: stop.within, isFolder }]);
  }
  return [...shown].map(([folder, parts]) => ({ folder, mode: always.get(folder) ?? CLOSED_MODE, shown: parts }));
}

/** Walks `path` as the kernel does; returns the first folder that others cannot enter, and the rest of the way. */
async function firstClosed(
  path: string,
  always: AlwaysCovered,
): Promise<{ readonly folder: string; readonly within: string } | undefined> {
  let at = '/';
  let rest = resolve(path).split('/').filter(Boolean);
  let links = 0;
  while (rest.length > 0) {
    if (at !== '/' && (always.has(at) || ((await lstat(at)).mode & 0o001) === 0))
      return { folder: at, within: rest.join('/') };
    const next = join(at, rest[0] ?? '');
    rest = rest.slice(1);
    const found = await lstat(next);
    if (!found.isSymbolicLink()) at = next;
    else {
      links += 1;
      if (links > MOST_LINKS) return undefined;
      rest = [
        ...resolve(dirname(next), await readlink(next))
          .split('/')
          .filter(Boolean),
        ...rest,
      ];
      at = '/';
    }
  }
  return undefined;
}
