import { join } from 'node:path';
import { codeStart, entryCommand } from '../../shared/entry-command.ts';
import { archiveUse, planArchive } from '../../shared/startup-archives.ts';
import { optOf, type Allocation } from '../allocation.ts';
import { confineScript, programScript } from '../launch.ts';
import { processEnvironment } from '../process-environment.ts';
import { RECORDED } from '../process-sandbox.ts';
import type { WaitingShell } from '../waiting.ts';
import type { ProcessStartContext } from './context.ts';

/**
 * Returns the command that starts the code, and plans what it does with its archive.
 * @param root host folder of the code, or of what is to be started in its stead
 */
export async function commandOf(
  { artifacts, assetsDir, interpreters }: ProcessStartContext,
  allocation: Allocation,
  root: string,
): Promise<readonly string[]> {
  const { spec, tmp } = allocation;
  const found = await interpreters.find(spec.runtime);
  allocation.archive = planArchive(artifacts, spec, ['process', `${found?.command[0]} ${found?.version}`]);
  const { archive } = allocation;
  const seen = archive?.does === 'use' ? archive.file : join(tmp, RECORDED);
  return entryCommand(spec.runtime.descriptor.entry, {
    interpreter: found?.command ?? [],
    assets: assetsDir,
    ...codeStart(spec, { taskRoot: root, archive: archiveUse(archive, seen) }),
  });
}

/** Holds a shell of the sandbox, and all that it becomes, to the sandbox's limits. */
export async function confine({ spec, place, tmp, cgroup }: Allocation, shell: WaitingShell): Promise<void> {
  const { user, mark } = place;
  const joins = (await cgroup?.admit(shell.running.pid, user)) ?? [];
  shell.run(confineScript({ joins, fileMiB: spec.limits.tmpMiB, mark, isPrivate: user !== undefined, waitsIn: tmp }));
}

/**
 * Turns the sandbox's confined shell into the program.
 * @param own environment variables of the program alone
 */
export function startProgram(
  { homeId }: ProcessStartContext,
  allocation: Allocation,
  command: readonly string[],
  own: Readonly<Record<string, string>>,
): void {
  const { spec, place, tmp, taskRoot } = allocation;
  const environment = processEnvironment({ spec, tmp, opt: optOf(allocation), homeId, own });
  place.shell.become(programScript({ command, cwd: taskRoot, environment }));
}
