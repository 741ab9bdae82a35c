import type { SandboxSpec } from '../sandbox.ts';
import { baseEnvironment } from '../shared/environment.ts';
import { OWNER_VARIABLE } from './reclaim.ts';

/** What a sandbox's process is started with. */
export interface ProcessEnvironmentParts {
  readonly spec: Pick<SandboxSpec, 'runtime' | 'limits'>;
  /** The sandbox's own folder for temporary files. */
  readonly tmp: string;
  readonly homeId: string;
  /** How the code finds the daemon, and what is the function's. */
  readonly own: Readonly<Record<string, string>>;
}

/** The whole environment of a sandbox's process: nothing of the daemon's own gets in. Pure. */
export function processEnvironment({ spec, tmp, homeId, own }: ProcessEnvironmentParts): Record<string, string> {
  return {
    ...baseEnvironment(tmp),
    ...spec.runtime.descriptor.environment(spec.limits.memoryMiB),
    ...own,
    [OWNER_VARIABLE]: homeId,
  };
}
