import type { DialHome } from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ArtifactSource, CallDoor, Sandbox } from '../../sandbox.ts';
import type { Mount } from '../base/host-base.ts';
import type { ContainerFolders } from '../code/folders.ts';
import type { Leftovers } from '../container/leftovers.ts';
import type { Started } from '../container/start-container.ts';
import type { Making } from './making.ts';

/** What the ways to start a sandbox have of the driver. */
export interface ContainerStartContext {
  readonly artifacts: ArtifactSource;
  readonly clock: Clock;
  readonly folders: ContainerFolders;
  readonly dial: DialHome;
  readonly leftovers: Leftovers;
  /** Whether the engine runs on this machine. */
  readonly isLocalLinux: boolean;
  /**
   * Starts the container, or again the one that is left of an earlier sandbox. Rejects with dockerode's errors.
   * @param environment variables by which the code finds the daemon
   */
  start(making: Making, environment: Readonly<Record<string, string>>, socketMount: Mount): Promise<Started>;
  /** Serves calls of other functions; undefined where the daemon serves none. */
  readonly calls: CallDoor['accept'] | undefined;
  /** Called with a sandbox that is destroyed, or whose container is kept for another. */
  onDestroyed(sandbox: Sandbox): void;
}
