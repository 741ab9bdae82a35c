import { dirname } from 'node:path';
import type { DaemonOptions } from '../contract/index.ts';
import { openDockerDriver, openProcessDriver, probeDocker, type SandboxDriver } from '../driver/index.ts';
import type { Clock } from '../kit/index.ts';
import { chooseDriver, type DriverChoice } from './choose-driver.ts';

/** Chooses a driver and opens it. The one place that names concrete drivers. */
export async function openDriver(
  options: DaemonOptions,
  clock: Clock,
): Promise<{ driver: SandboxDriver; choice: DriverChoice }> {
  const probe = options.driver === 'process' ? undefined : await probeDocker();
  const choice = chooseDriver(options.driver, probe);
  const { home, assets, nodeCommand } = options;
  if (choice.name === 'docker' && probe?.ok === true) {
    const [nodeBinary = process.execPath, ...rest] = nodeCommand;
    // The driver brings the bootstrap itself; of the command only what makes the program run Node code is its business.
    const nodeArgs = rest.filter((argument) => argument !== assets.bootstrapNodejs);
    const driver = await openDockerDriver({
      home,
      clock,
      nodeBinary,
      nodeArgs,
      assetsDir: dirname(assets.bootstrapNodejs),
      socketPath: probe.socketPath,
    });
    return { driver, choice };
  }
  const driver = await openProcessDriver({ home, clock, nodeCommand, bootstrapPython3: assets.bootstrapPython3 });
  return { driver, choice };
}
