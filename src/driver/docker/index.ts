export { openDockerDriver } from './docker-driver.ts';
export { probeDocker, type DockerProbe } from './probe.ts';
