import { access, readdir } from 'node:fs/promises';
import { readProgram, type EntrypointPlace, type LibraryPlace } from '../../executor/index.ts';

/** Name of this machine in messages about programs that cannot start. */
export const THIS_MACHINE = 'this machine';

const BINFMT = '/proc/sys/fs/binfmt_misc';

/** What programs find that are started on this machine. */
export async function hostPlace(): Promise<EntrypointPlace> {
  return {
    exists: (path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    machine: await machineHere(),
    title: THIS_MACHINE,
  };
}

/** The same, with what the dynamic loader of a program with the folder `taskRoot` and `environment` finds. */
export async function hostLibraries(
  taskRoot: string,
  environment: Readonly<Record<string, string>>,
): Promise<LibraryPlace> {
  return {
    ...(await hostPlace()),
    read: readProgram,
    taskRoot,
    libraryPath: environment['LD_LIBRARY_PATH'] ?? '',
  };
}

/** Architecture of programs that can be started here; undefined where an emulator is registered for others. */
export async function machineHere(): Promise<string | undefined> {
  const registered = process.platform === 'linux' ? await readdir(BINFMT).catch(() => []) : [];
  return process.platform !== 'linux' || registered.some((name) => /qemu|rosetta/.test(name))
    ? undefined
    : process.arch;
}
