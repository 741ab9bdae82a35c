import type { DaemonOptions, DriverName } from '../contract/index.ts';
import {
  openDockerDriver,
  openProcessDriver,
  probeDocker,
  type ArtifactSource,
  type DockerProbe,
  type SandboxDriver,
} from '../driver/index.ts';
import { invariant, type Clock } from '../kit/index.ts';
import { chooseDriver, needsProbe } from './choose-driver.ts';
import type { ChosenDriver } from './resources.ts';

interface DriverParts {
  readonly options: DaemonOptions;
  readonly artifacts: ArtifactSource;
  readonly clock: Clock;
  readonly probe: DockerProbe | undefined;
}

/** The only place that names concrete drivers. */
const OPENERS: Readonly<Record<DriverName, (parts: DriverParts) => Promise<SandboxDriver>>> = {
  docker({ options: { home, assets, nodeCommand }, artifacts, clock, probe }) {
    invariant(probe?.ok === true, 'the docker driver is chosen only if an engine answers');
    const [nodeBinary = process.execPath, ...nodeArgs] = nodeCommand;
    const { socketPath } = probe;
    return openDockerDriver({ home, clock, nodeBinary, nodeArgs, assetsDir: assets.folder, artifacts, socketPath });
  },
  process: ({ options: { home, assets, nodeCommand }, artifacts, clock }) =>
    openProcessDriver({ home, clock, nodeCommand, assetsDir: assets.folder, artifacts }),
};

/** Chooses a driver and opens it. */
export async function openDriver(
  options: DaemonOptions,
  artifacts: ArtifactSource,
  clock: Clock,
): Promise<ChosenDriver> {
  const probe = needsProbe(options.driver) ? await probeDocker() : undefined;
  const { name, reason } = chooseDriver(options.driver, probe);
  return { driver: await OPENERS[name]({ options, artifacts, clock, probe }), reason };
}
