import { probeDocker } from '../../src/driver/docker/index.ts';
import { runtimeApiConformance } from './runtime-api-suite.ts';

const probe = await probeDocker();
if (probe.ok) runtimeApiConformance({ name: 'docker', socketPath: probe.socketPath });
