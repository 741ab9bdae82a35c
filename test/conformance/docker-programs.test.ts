import { probeDocker } from '../../src/driver/docker/index.ts';
import { programConformance } from './program-conformance.ts';

const probe = await probeDocker();
// Without an engine docker.test.ts says why the lane is skipped.
if (probe.ok) programConformance({ name: 'docker', socketPath: probe.socketPath });
