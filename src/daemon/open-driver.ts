import type { DaemonOptions } from '../contract/index.ts';
import { openDockerDriver, openProcessDriver, probeDocker, type ArtifactSource } from '../driver/index.ts';
import type { Clock } from '../kit/index.ts';
import { chooseDriver } from './choose-driver.ts';
import type { ChosenDriver } from './resources.ts';

/** Chooses a driver and opens it. The only place that names concrete drivers. */
export async function openDriver(
  options: DaemonOptions,
  artifacts: ArtifactSource,
  clock: Clock,
): Promise<ChosenDriver> {
  const probe = options.driver === 'process' ? undefined : await probeDocker();
  const choice = chooseDriver(options.driver, probe);
  const { home, assets, nodeCommand } = options;
  if (choice.name === 'docker' && probe?.ok === true) {
    const [nodeBinary = process.execPath, ...nodeArgs] = nodeCommand;
    const driver = await openDockerDriver({
      home,
      clock,
      nodeBinary,
      nodeArgs,
      assetsDir: assets.folder,
      artifacts,
      socketPath: probe.socketPath,
    });
    return { driver, reason: choice.reason };
  }
  const driver = await openProcessDriver({ home, clock, nodeCommand, assetsDir: assets.folder, artifacts });
  return { driver, reason: choice.reason };
}
