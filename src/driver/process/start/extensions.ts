import { join } from 'node:path';
import type { RuntimeApi } from '../../../executor/index.ts';
import { extensionEnvironment } from '../../shared/environment.ts';
import { ExtensionPrograms } from '../../shared/extension-programs.ts';
import { EXTENSIONS } from '../../shared/layers.ts';
import { optOf, type Allocation } from '../allocation.ts';
import { programScript } from '../launch.ts';
import { processEnvironment } from '../process-environment.ts';
import type { RunningProcess } from '../running-process.ts';
import { addressOf } from '../runtime-apis.ts';
import type { ProcessStartContext } from './context.ts';
import { confine } from './program.ts';

/** Starts the external extensions of a function, which are in its layers. */
export async function startExtensions(
  { clock, homeId }: ProcessStartContext,
  api: RuntimeApi,
  allocation: Allocation,
): Promise<void> {
  const { spec, tmp, place, layers, extensions, beside } = allocation;
  if (extensions.length === 0 || layers === undefined) return;
  const opt = optOf(allocation);
  const own = extensionEnvironment(spec.environment, addressOf(api));
  const environment = processEnvironment({ spec, tmp, homeId, own, opt });
  const start = async (name: string): Promise<RunningProcess> => {
    const shell = await place.beside();
    beside.push(shell.running.pid);
    await confine(allocation, shell);
    const command = [join(opt ?? layers, EXTENSIONS, name)];
    shell.become(programScript({ command, cwd: '/', environment }));
    shell.running.attach({ output: (stream, chunk) => api.extensionOutput(stream, chunk) });
    return shell.running;
  };
  allocation.started = await ExtensionPrograms.start({ api, clock, names: extensions, start });
  await allocation.started.registered();
}
