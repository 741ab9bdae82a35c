export type { ArtifactSource, Sandbox, SandboxDriver, SandboxSpec } from './sandbox.ts';
export { openProcessDriver } from './process/index.ts';
export { openDockerDriver, probeDocker, type DockerProbe } from './docker/index.ts';
