import type { SandboxSpec } from '../sandbox.ts';
import { baseEnvironment } from '../shared/environment.ts';
import { layerEnvironment } from '../shared/layers.ts';
import { OWNER_VARIABLE } from './reclaim.ts';

/** Inputs of a process's environment. */
export interface ProcessEnvironmentParts {
  readonly spec: Pick<SandboxSpec, 'runtime' | 'limits'>;
  /** The sandbox's own folder for temporary files. */
  readonly tmp: string;
  /** Folder of the layers as the sandbox sees it; undefined for none. */
  readonly opt: string | undefined;
  readonly homeId: string;
  /** Variables by which the code finds the daemon, and those of the function. */
  readonly own: Readonly<Record<string, string>>;
}

/** Returns the complete environment of a sandbox's process; inherits nothing from the daemon. Pure. */
export function processEnvironment({ spec, tmp, opt, homeId, own }: ProcessEnvironmentParts): Record<string, string> {
  const base = baseEnvironment(tmp);
  return {
    ...base,
    ...layerEnvironment(spec.runtime, opt, base['PATH'] ?? ''),
    ...spec.runtime.descriptor.environment(spec.limits.memoryMiB),
    ...own,
    [OWNER_VARIABLE]: homeId,
  };
}
