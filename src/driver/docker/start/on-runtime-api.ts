import type { BoundFunction, Sandbox } from '../../sandbox.ts';
import { archiveUse } from '../../shared/startup-archives.ts';
import { findCode } from '../code/found-code.ts';
import { ApiProgram, archiveShown, launchOf } from '../container/api-program.ts';
import { containerPlace } from '../container/container-place.ts';
import { INSIDE } from '../container/container-spec.ts';
import type { ContainerStartContext } from './context.ts';
import { archiveOn, type Making } from './making.ts';
import { newSandbox } from './new-sandbox.ts';
import { Relayed } from './relayed.ts';

/**
 * Starts a program on a Runtime API of its own through the relay, which a stem's does once it is bound. Rejects with
 * `LAM_DRIVER_START_FAILED` when the relay does not connect.
 */
export async function startOnRuntimeApi(context: ContainerStartContext, making: Making): Promise<Sandbox> {
  const { artifacts, clock, isLocalLinux } = context;
  const { spec, hooks, code, base, entryRoot } = making;
  const relayed = await Relayed.open(context, making, hooks);
  const { api, relay, folder } = relayed;
  // The function's variables are those of its programs alone.
  const bare = { ...making, spec: { ...spec, environment: {} } };
  const environment = relayed.environment(INSIDE.api);
  const started = await context.start(bare, environment, { source: folder, target: INSIDE.api });
  await relayed.ready(started, spec.functionName);
  const program = new ApiProgram({
    relayed,
    entry: spec.runtime.descriptor.entry,
    place: () => containerPlace(started.container, base, clock),
    isLocalLinux,
  });
  const start = async (from: string, to: BoundFunction): Promise<void> => {
    const bound = { ...spec, ...to };
    const { found, fault } = await findCode(artifacts, bound);
    if (fault !== null) return api.failInit(fault.errorType, fault.errorMessage);
    making.archive = archiveOn(base, artifacts, bound);
    const archive = await archiveShown(making.archive, folder);
    program.start(from, bound, launchOf(bound, base, { taskRoot: found.entryRoot, archive }));
  };
  const at = { taskRoot: entryRoot, archive: archiveUse(making.archive, INSIDE.archive) };
  if (code !== null) program.start(code, spec, launchOf(spec, base, at));
  const exited = Promise.race([started.exited, relayed.codeEnded]).then(async (status) => {
    await program.explain(status);
    return status;
  });
  return newSandbox(context, making, {
    session: api.session,
    started: { ...started, exited },
    relayed,
    folder,
    disconnected: relay.gone,
    ...(code === null && { start }),
  });
}
