export { openDockerDriver, type DockerDriverOptions } from './docker-driver.ts';
export { probeDocker, type DockerProbe, type ProbeOptions } from './probe.ts';
