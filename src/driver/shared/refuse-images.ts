import { lamError } from '../../errors/index.ts';
import type { Runtime } from '../../runtimes/index.ts';

/** Throws `LAM_DRIVER_NEEDS_DOCKER` for a runtime whose functions are container images. */
export function refuseImages({ family, descriptor }: Runtime): void {
  if (descriptor.entry.kind === 'image') throw lamError('LAM_DRIVER_NEEDS_DOCKER', { runtime: family });
}
