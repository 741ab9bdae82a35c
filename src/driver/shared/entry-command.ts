import { posix } from 'node:path';
import type { EntryPoint } from '../../runtimes/index.ts';

/** Where the parts of a command are, as the sandbox's process sees them. */
export interface CommandPlaces {
  /** Program and first arguments of the interpreter; not looked at for executables. */
  readonly interpreter: readonly string[];
  /** Folder of lam's assets. */
  readonly assets: string;
  /** Folder of the code; of a stem what it has for one until it is bound. */
  readonly taskRoot: string;
}

/** The command that starts the code of a sandbox, as its runtime's entry says. Pure. */
export function entryCommand(entry: EntryPoint, { interpreter, assets, taskRoot }: CommandPlaces): readonly string[] {
  if (entry.kind === 'executable') return [posix.join(taskRoot, entry.file)];
  const client = entry.client === null ? '' : posix.join(assets, entry.client);
  return [...interpreter, ...entry.arguments({ client, taskRoot })];
}
