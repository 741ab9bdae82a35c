import type { DialHome, EntrypointPlace, RuntimeApi } from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ArtifactSource, Sandbox } from '../../sandbox.ts';
import type { Allocation } from '../allocation.ts';
import type { MemoryWatch } from '../memory-watch.ts';
import type { ReadyInterpreters } from '../ready-interpreters.ts';
import type { RuntimeApis } from '../runtime-apis.ts';

/** What the ways to start a sandbox have of the driver. */
export interface ProcessStartContext {
  readonly artifacts: ArtifactSource;
  /** Folder with the clients that descriptors name. */
  readonly assetsDir: string;
  readonly homeId: string;
  readonly clock: Clock;
  readonly dial: DialHome;
  /** Folder of the sockets that sandboxes dial. */
  readonly dialsIn: string;
  readonly interpreters: ReadyInterpreters;
  readonly apis: RuntimeApis;
  readonly memoryWatch: MemoryWatch;
  /** What programs find here. */
  readonly machine: Promise<EntrypointPlace>;
  /** Called with a sandbox that is destroyed. */
  onDestroyed(sandbox: Sandbox): void;
}

/** Opens the Runtime API of a sandbox, for its own processes. Rejects with `LAM_EXECUTOR_LISTEN_FAILED`. */
export function openApi(
  { apis }: ProcessStartContext,
  { spec, place, cgroup, hooks, extensions, beside }: Allocation,
): Promise<RuntimeApi> {
  const membership = { cgroup, user: place.user, pid: place.shell.running.pid, beside };
  return apis.open({ id: spec.id, extensions }, hooks, membership);
}
