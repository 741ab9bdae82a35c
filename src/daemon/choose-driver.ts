import { lamError } from '../errors/index.ts';
import type { DockerProbe } from '../driver/index.ts';

/** Which driver to open. */
export interface DriverChoice {
  readonly name: 'docker' | 'process';
  /** Why, as one sentence for `lam status`. */
  readonly reason: string;
}

/**
 * Chooses the requested driver, by default Docker if an engine answers, else processes. Pure. Throws
 * `LAM_DAEMON_DRIVER_UNAVAILABLE` if Docker was requested and does not answer.
 */
export function chooseDriver(asked: 'auto' | 'docker' | 'process', probe: DockerProbe | undefined): DriverChoice {
  if (asked === 'process' || probe === undefined)
    return { name: 'process', reason: 'the process driver was requested' };
  if (probe.ok) {
    const what = `engine (${probe.engine}) answers`;
    return { name: 'docker', reason: asked === 'docker' ? `the docker driver was requested; ${what}` : `an ${what}` };
  }
  if (asked === 'docker') throw lamError('LAM_DAEMON_DRIVER_UNAVAILABLE', { driver: 'docker', why: probe.reason });
  return { name: 'process', reason: `no Docker engine can be used: ${probe.reason}` };
}
