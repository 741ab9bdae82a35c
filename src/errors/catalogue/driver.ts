import { entry } from '../entry.ts';
import { whereFrom } from '../where-from.ts';

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
  LAM_DRIVER_NO_SMALL_IMAGE: entry<{ runtime: string; reason: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `no image for '${d.runtime}' can be made of the programs of this machine: ${d.reason}`,
    hint: (d) => `pull one: lam runtimes pull ${d.runtime}`,
  }),
  LAM_DRIVER_FILE_CHANGED: entry<{ file: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) => `'${d.file}' became shorter while it was put into an image`,
    hint: () => 'wait until the installation that changes it has ended, and run the command again',
  }),
  LAM_DRIVER_NO_BASE: entry<{ reason: string }>({
    kind: 'failed_precondition',
    fault: 'caller',
    message: (d) => `no base for a container: ${d.reason}`,
    hint: () => 'name an image in lam.yaml, for example: image: node:24-slim',
  }),
  LAM_DRIVER_RUNTIME_MISSING: entry<{
    runtime: string;
    wants: string;
    /** The Debian package with it, else the page where it is had. */
    debian?: string;
    site?: string;
  }>({
    kind: 'tool_missing',
    fault: 'host',
    message: (d) => `runtime '${d.runtime}' is not available: ${d.wants} is not on PATH`,
    hint: (d) => `install ${d.wants}${whereFrom(d)}, then: lam restart`,
  }),
  LAM_DRIVER_START_FAILED: entry<{ function: string; reason: string }>({
    kind: 'host_failure',
    fault: 'host',
    message: (d) =>
      `a ${d.function === '' ? 'stem sandbox' : `sandbox for '${d.function}'`} could not be started: ${d.reason}`,
    hint: (d) => (d.function === '' ? 'check the daemon: lam status' : `see what it printed: lam logs '${d.function}'`),
  }),
  LAM_DRIVER_NEEDS_DOCKER: entry<{ runtime: string }>({
    kind: 'tool_missing',
    fault: 'caller',
    message: (d) => `runtime '${d.runtime}' runs container images, and this daemon runs functions as processes`,
    hint: () => 'use Docker: lam restart --driver docker',
  }),
  LAM_DRIVER_IMAGE_REFUSED: entry<{ reason: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the Docker engine did not load the image: ${d.reason}`,
    hint: () => 'see what it says of the same file: docker load --input image.tar',
  }),
  LAM_DRIVER_IMAGE_GONE: entry<{ function: string; image: string; id: string }>({
    kind: 'failed_precondition',
    fault: 'host',
    message: (d) => `the image of '${d.function}', '${d.image}' with the id ${d.id}, is no longer in the Docker engine`,
    hint: (d) => `deploy it again: lam deploy '${d.function}'`,
  }),
} as const;
