import { link } from 'node:fs/promises';

import type { ExitStatus, LibraryPlace, RuntimeApi } from '../../../executor/index.ts';
import type { ArchiveUse, EntryPoint } from '../../../runtimes/index.ts';
import { archiveUse, type ArchivePlan } from '../../shared/startup-archives.ts';
import { recordedIn } from '../code/folders.ts';
import { codeStart } from '../../shared/entry-command.ts';
import type { Base } from '../base/bases.ts';
import { whyImageUnstarted } from '../base/function-images.ts';
import { machineHere } from '../../shared/host-place.ts';
import { isUnstarted, whyUnstarted } from '../../shared/unstarted.ts';
import type { SandboxSpec } from '../../sandbox.ts';
import { INSIDE } from './container-spec.ts';
import type { Launch } from './relay.ts';

/** Exit codes of the relay for a program that it could not start. */
const FROM_RELAY: ReadonlySet<number> = new Set([126, 127]);

/** Returns what a relay is told to start for a function; `at`: its entry point and archive, in the container. Pure. */
export function launchOf(
  { runtime, environment, limits }: Pick<SandboxSpec, 'runtime' | 'environment' | 'limits'>,
  base: Pick<Base, 'command' | 'directory' | 'environment'>,
  at: { readonly taskRoot: string; readonly archive: ArchiveUse | null },
): Launch {
  const { taskRoot } = INSIDE;
  const ofRuntime = runtime.descriptor.environment(limits.memoryMiB);
  return {
    command: base.command(codeStart({ environment, limits }, at)),
    cwd: base.directory,
    environment: { ...environment, LAMBDA_TASK_ROOT: taskRoot, ...ofRuntime, ...base.environment },
  };
}

/**
 * Shows an archive to a container that was started without it, in `folder`, the one of its sockets. Null if there is
 * none to start from, and where it cannot be linked there.
 */
export async function archiveShown(plan: ArchivePlan | undefined, folder: string): Promise<ArchiveUse | null> {
  if (plan?.does !== 'use') return null;
  const isShown = await link(plan.file, recordedIn(folder)).then(
    () => true,
    () => false,
  );
  return isShown ? archiveUse(plan, recordedIn(INSIDE.api)) : null;
}

/** Parts of the program of one container. */
export interface ApiProgramParts {
  readonly relayed: {
    readonly api: RuntimeApi;
    startExtensions(of: Pick<SandboxSpec, 'environment' | 'runtime' | 'limits'>): Promise<void>;
    startCode(launch: Launch, output: 'code'): void;
  };
  readonly entry: EntryPoint;
  /** What a program finds in the container, which may have ended. */
  place(): Omit<LibraryPlace, 'machine' | 'libraryPath'>;
  /** Whether the engine runs on this machine. */
  readonly isLocalLinux: boolean;
}

/** The program of a function on the Runtime API, in a container whose relay waits to be told of it. */
export class ApiProgram {
  readonly #parts: ApiProgramParts;
  #started: { readonly code: string; readonly environment: Launch['environment'] } | undefined;

  constructor(parts: ApiProgramParts) {
    this.#parts = parts;
  }

  /**
   * Starts it after its extensions, without waiting for these, which may be slow: that is part of the init.
   * @param code its folder on this machine
   */
  start(code: string, of: Pick<SandboxSpec, 'environment' | 'runtime' | 'limits'>, launch: Launch): void {
    const { relayed } = this.#parts;
    this.#started = { code, environment: launch.environment };
    relayed.api.spawned();
    void relayed.startExtensions(of).then(() => relayed.startCode(launch, 'code'));
  }

  /** Fails the init of a program that the container could not start with what is missing there. Never rejects. */
  async explain(status: ExitStatus): Promise<void> {
    const { entry, place, isLocalLinux } = this.#parts;
    const { api } = this.#parts.relayed;
    const started = this.#started;
    if (started === undefined || !isUnstarted(api, status)) return;
    const ofImage =
      status.code !== null && FROM_RELAY.has(status.code) ? await whyImageUnstarted(entry, started.code) : undefined;
    if (ofImage !== undefined) api.failInit(ofImage.errorType, ofImage.errorMessage);
    const fault = await whyUnstarted(entry, started.code, async () => ({
      ...place(),
      machine: isLocalLinux ? await machineHere() : undefined,
      libraryPath: started.environment['LD_LIBRARY_PATH'] ?? '',
    }));
    if (fault !== null) api.failInit(fault.errorType, fault.errorMessage);
  }
}
