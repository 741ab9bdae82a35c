import type { Selecting } from '../selection.ts';

/** What a watched folder keeps over restarts, besides the files that it knows. */
export interface KeptFolder {
  readonly path: string;
  /** Settings that decided which files counted. */
  readonly selecting: Required<Selecting>;
  /** Device that the folder was on. */
  readonly device: string;
}

/** Reads what {@link KeptFolder} was kept as; undefined where there is none, or none that can be understood. */
export function keptFolderOf(kept: unknown): KeptFolder | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { path, selecting, device } = kept as Partial<Record<keyof KeptFolder, unknown>>;
  if (typeof path !== 'string' || typeof device !== 'string') return undefined;
  if (typeof selecting !== 'object' || selecting === null) return undefined;
  return { path, selecting: selecting as Required<Selecting>, device };
}
