import type { DriverName } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { DockerProbe } from '../driver/index.ts';
import { invariant } from '../kit/index.ts';

/** Which driver to open. */
export interface DriverChoice {
  readonly name: DriverName;
  /** Why, as one sentence for `lam status`. */
  readonly reason: string;
}

/** Whether the choice depends on Docker's engine. Pure. */
export function needsProbe(asked: 'auto' | DriverName): asked is 'auto' | 'docker' {
  return asked === 'auto' || asked === 'docker';
}

/**
 * Chooses the requested driver, by default Docker if an engine answers, else processes. Pure. Throws
 * `LAM_DAEMON_DRIVER_UNAVAILABLE` if Docker was requested and does not answer. `probe`: the engine's, if
 * {@link needsProbe}.
 */
export function chooseDriver(asked: 'auto' | DriverName, probe: DockerProbe | undefined): DriverChoice {
  if (!needsProbe(asked)) return { name: asked, reason: `the ${asked} driver was requested` };
  invariant(probe !== undefined, 'the engine was probed');
  if (probe.ok) {
    const what = `engine (${probe.engine}) answers`;
    return { name: 'docker', reason: asked === 'docker' ? `the docker driver was requested; ${what}` : `an ${what}` };
  }
  if (asked === 'docker') throw lamError('LAM_DAEMON_DRIVER_UNAVAILABLE', { driver: 'docker', why: probe.reason });
  return { name: 'process', reason: `no Docker engine can be used: ${probe.reason}` };
}
