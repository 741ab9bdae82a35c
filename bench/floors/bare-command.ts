import { join, resolve } from 'node:path';
import { parseRuntime, type ArchiveUse } from '../../src/runtimes/index.ts';
import type { Built } from '../lam/built.ts';
import { findProgram } from '../processes.ts';
import { NotRun } from '../row.ts';

/** Clients of this checkout's lam. */
const ASSETS = resolve(import.meta.dirname, '../../dist/assets');

/** What the daemon decides about a process. */
export interface ProcessChoices {
  readonly memoryMiB: number;
  readonly archive: ArchiveUse | null;
}

/** The command by which the daemon starts a function's process. Throws {@link NotRun} without its interpreter. */
export function bareCommand({ runtime, handler, folder }: Built, choices: ProcessChoices): readonly string[] {
  const entry = parseRuntime(runtime)?.descriptor.entry;
  if (entry?.kind === 'executable') return [join(folder, entry.file)];
  if (entry?.kind !== 'interpreter') throw new Error(`'${runtime}' starts no process of its own`);
  const [name = ''] = entry.interpreter.kind === 'on-path' ? entry.interpreter.programs(undefined) : ['node'];
  const program = findProgram(name);
  if (program === undefined) throw new NotRun(`there is no ${name} here`);
  const client = entry.client === null ? '' : join(ASSETS, entry.client);
  return [program, ...entry.arguments({ client, taskRoot: folder, handler, ...choices })];
}
