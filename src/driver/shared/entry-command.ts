import { posix } from 'node:path';
import type { EntryPoint } from '../../runtimes/index.ts';

/** Paths of a command's parts, as the sandbox's process sees them. */
export interface CommandPaths {
  /** Program and first arguments of the interpreter; ignored for executables. */
  readonly interpreter: readonly string[];
  /** Folder of lam's assets. */
  readonly assets: string;
  /** Folder of the code; for a stem a placeholder. */
  readonly taskRoot: string;
}

/** Returns the command that starts a sandbox's code, as its runtime's entry says. Pure. */
export function entryCommand(entry: EntryPoint, { interpreter, assets, taskRoot }: CommandPaths): readonly string[] {
  if (entry.kind === 'executable') return [posix.join(taskRoot, entry.file)];
  const client = entry.client === null ? '' : posix.join(assets, entry.client);
  return [...interpreter, ...entry.arguments({ client, taskRoot })];
}
