import type { ExitStatus, RuntimeApi } from '../../../executor/index.ts';
import type { BoundFunction, Sandbox } from '../../sandbox.ts';
import { explainOnHost, isUnstarted } from '../../shared/unstarted.ts';
import type { Allocation } from '../allocation.ts';
import { ProcessSandbox } from '../process-sandbox.ts';
import type { RunningProcess } from '../running-process.ts';
import type { ProcessStartContext } from './context.ts';

/** What a sandbox consists of besides its session. */
export interface ProcessLife {
  /** Undefined if the program could not be started. */
  readonly running?: RunningProcess;
  /** Of code on the Runtime API, and of code with extensions. */
  readonly api?: RuntimeApi;
  /** Of a stem whose program starts once it is bound. */
  readonly start?: (taskRoot: string, bound: BoundFunction) => Promise<void>;
}

/** Returns the sandbox of what was started in an allocation. */
export function newSandbox(
  context: ProcessStartContext,
  allocation: Allocation,
  session: Sandbox['session'],
  { running, api, start }: ProcessLife,
): Sandbox {
  const { spec } = allocation;
  const sandbox: Sandbox = new ProcessSandbox({
    id: spec.id,
    session,
    taskRoot: allocation.taskRoot,
    isStem: spec.artifact === null,
    artifacts: context.artifacts,
    folder: allocation.folder,
    place: allocation.place,
    memoryMiB: spec.limits.memoryMiB,
    cgroup: allocation.cgroup,
    memoryWatch: context.memoryWatch,
    clock: context.clock,
    process: running,
    start,
    archive: () => allocation.archive,
    explain: (status) => api && explain(api, allocation, status),
    extensions: () => allocation.started,
    wantsSigterm: () => (api?.extensions.count ?? 0) > 0,
    onDestroyed: () => context.onDestroyed(sandbox),
  });
  if (api !== undefined) api.telemetry.usedMiB = () => sandbox.peakMemoryMiB();
  return sandbox;
}

/** Says why a program could not be started, where its exit looks like that. */
function explain(
  api: RuntimeApi,
  { spec, taskRoot: root }: Allocation,
  status: Pick<ExitStatus, 'code'>,
): Promise<void> | undefined {
  if (!isUnstarted(api, status)) return undefined;
  return explainOnHost(api, spec.runtime.descriptor.entry, { root, environment: spec.environment });
}
