import { checkEntrypoint, checkNeeds, type EntrypointError, type RuntimeApi } from '../../../executor/index.ts';
import type { BoundFunction, Sandbox } from '../../sandbox.ts';
import { runtimeApiEnvironment } from '../../shared/environment.ts';
import { isInLayers } from '../../shared/layers.ts';
import type { Allocation } from '../allocation.ts';
import { addressOf } from '../runtime-apis.ts';
import { openApi, type ProcessStartContext } from './context.ts';
import { startExtensions } from './extensions.ts';
import { commandOf, confine, startProgram } from './program.ts';
import { newSandbox } from './new-sandbox.ts';

/** Starts a program on a Runtime API of its own, which a stem's does once it is bound. */
export async function startOnRuntimeApi(context: ProcessStartContext, allocation: Allocation): Promise<Sandbox> {
  const { spec, place } = allocation;
  const { running } = place.shell;
  const api = await openApi(context, allocation);
  try {
    await confine(allocation, place.shell);
    if (spec.artifact === null) {
      const start = async (root: string, to: BoundFunction): Promise<void> => {
        await startOn(context, api, Object.assign(allocation, { taskRoot: root, spec: { ...spec, ...to } }));
      };
      return newSandbox(context, allocation, api.session, { api, running, start });
    }
    const isStarted = await startOn(context, api, allocation);
    return newSandbox(context, allocation, api.session, isStarted ? { api, running } : { api });
  } catch (error) {
    await allocation.started?.end(0);
    api.close();
    throw error;
  }
}

/** Starts the function's program, or fails its init when that cannot be started; returns whether it was. */
async function startOn(context: ProcessStartContext, api: RuntimeApi, allocation: Allocation): Promise<boolean> {
  const { spec, taskRoot, layers } = allocation;
  const { entry } = spec.runtime.descriptor;
  const isLayered = layers !== undefined && (await isInLayers(entry, taskRoot, layers));
  const root = isLayered ? layers : taskRoot;
  const refused = entry.kind === 'executable' ? await refusalOf(context, root, entry.file) : null;
  if (refused !== null) {
    api.failInit(refused.errorType, refused.errorMessage);
    return false;
  }
  await startExtensions(context, api, allocation);
  const command = await commandOf(context, allocation, root);
  const own = { ...spec.environment, ...runtimeApiEnvironment({ address: addressOf(api), taskRoot }) };
  startProgram(context, allocation, command, own);
  api.spawned();
  return true;
}

/** Says why a program cannot be started here; null if it can. */
async function refusalOf(
  { machine }: ProcessStartContext,
  root: string,
  file: string,
): Promise<EntrypointError | null> {
  return (await checkEntrypoint(root, file)) ?? checkNeeds(root, file, await machine);
}
