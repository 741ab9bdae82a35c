import {
  checkLibraries,
  checkNeeds,
  type EntrypointError,
  type ExitStatus,
  type LibraryPlace,
  type RuntimeApi,
} from '../../executor/index.ts';
import type { EntryPoint } from '../../runtimes/index.ts';
import { hostLibraries } from './host-place.ts';

/**
 * Exit codes of shells, dynamic loaders and the relay for a program that cannot be started; glibc's loader ends with 1
 * where a library is too old.
 */
const UNSTARTED: ReadonlySet<number> = new Set([1, 2, 126, 127]);

/** Whether the exit may be that of a program which could not be started. */
export function isUnstarted(api: RuntimeApi, { code }: Pick<ExitStatus, 'code'>): boolean {
  return code !== null && UNSTARTED.has(code) && api.isStarting();
}

/** Returns what the program in `code`, a host folder, misses in `place`; null if nothing is known. Never rejects. */
export async function whyUnstarted(
  entry: EntryPoint,
  code: string,
  place: () => Promise<LibraryPlace>,
): Promise<EntrypointError | null> {
  if (entry.kind !== 'executable') return null;
  try {
    const there = await place();
    return (await checkNeeds(code, entry.file, there)) ?? (await checkLibraries(code, entry.file, there));
  } catch {
    // The exit is then all that is known.
    return null;
  }
}

/** Fails the init of a program that could not be started on this machine with what is missing. Never rejects. */
export async function explainOnHost(
  api: RuntimeApi,
  entry: EntryPoint,
  { root, environment }: { readonly root: string; readonly environment: Readonly<Record<string, string>> },
): Promise<void> {
  const fault = await whyUnstarted(entry, root, () => hostLibraries(root, environment));
  if (fault !== null) api.failInit(fault.errorType, fault.errorMessage);
}
