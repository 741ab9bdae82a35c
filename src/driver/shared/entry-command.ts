import { posix } from 'node:path';
import { invariant } from '../../kit/index.ts';
import type { SandboxSpec } from '../sandbox.ts';
import type { CodeStart, EntryPoint } from '../../runtimes/index.ts';

/** Parts of a command, as the sandbox's process sees them. */
export interface CommandParts extends CodeStart {
  /** Program and first arguments of the interpreter; ignored for executables. */
  readonly interpreter: readonly string[];
  /** Folder of lam's assets. */
  readonly assets: string;
}

/** Returns the command that starts a sandbox's code, as its runtime's entry says. Pure. */
export function entryCommand(entry: EntryPoint, { interpreter, assets, ...start }: CommandParts): readonly string[] {
  if (entry.kind === 'executable') return [posix.join(start.taskRoot, entry.file)];
  invariant(entry.kind === 'interpreter', 'an image has a command of its own');
  const client = entry.client === null ? '' : posix.join(assets, entry.client);
  return [...interpreter, ...entry.arguments({ client, ...start })];
}

/** Returns what a sandbox's process is started with; `archive` and `taskRoot` as it sees them. Pure. */
export function codeStart(
  { environment, limits }: Pick<SandboxSpec, 'environment' | 'limits'>,
  at: Pick<CodeStart, 'taskRoot' | 'archive'>,
): CodeStart {
  return { ...at, handler: environment['_HANDLER'] ?? '', memoryMiB: limits.memoryMiB };
}
