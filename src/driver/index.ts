export type {
  ArtifactSource,
  BoundFunction,
  CallDoor,
  EngineImages,
  Sandbox,
  SandboxDriver,
  SandboxSpec,
  VacatedPlace,
} from './sandbox.ts';
export { canTellCallers, openProcessDriver, TcpTable } from './process/index.ts';
export { openDockerDriver, probeDocker, type DockerProbe } from './docker/index.ts';
