import { entry } from '../entry.ts';

export const DRIVER = {
  LAM_DRIVER_DOCKER_UNREACHABLE: entry<{ reason: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `the Docker engine can't be reached: ${d.reason}`,
    hint: () => 'start it (sudo systemctl start docker), or use processes instead: lam restart --driver process',
  }),
  LAM_DRIVER_DOCKER_DENIED: entry<{ socket: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `permission denied on the socket of the Docker engine, '${d.socket}'`,
    hint: () => 'add yourself to its group and log in again: sudo usermod -aG docker "$USER"',
  }),
  LAM_DRIVER_IMAGE_MISSING: entry<{ image: string; reason: string }>({
    kind: 'tool_missing',
    fault: 'caller',
    message: (d) => `image '${d.image}' is not present and cannot be pulled: ${d.reason}`,
    hint: (d) => `see what Docker reports: docker pull '${d.image}'`,
  }),
  LAM_DRIVER_NO_BASE: entry<{ reason: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `no base for a container: ${d.reason}`,
    hint: () => 'name an image in lam.yaml, for example: image: node:24-slim',
  }),
  LAM_DRIVER_RUNTIME_MISSING: entry<{ runtime: string; wants: string }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `runtime '${d.runtime}' is not available: ${d.wants} is not on PATH`,
    hint: (d) => `install ${d.wants}, then: lam restart`,
  }),
  LAM_DRIVER_START_FAILED: entry<{ function: string; reason: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) =>
      `a ${d.function === '' ? 'stem sandbox' : `sandbox for '${d.function}'`} could not be started: ${d.reason}`,
    hint: (d) => (d.function === '' ? 'check the daemon: lam status' : `see what it printed: lam logs '${d.function}'`),
  }),
} as const;
