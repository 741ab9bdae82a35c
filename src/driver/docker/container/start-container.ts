import type Docker from 'dockerode';
import type { Container } from 'dockerode';

import { LIMITS, type FunctionName } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { ExitStatus, Session } from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Protocol } from '../../../runtimes/index.ts';
import type { SandboxSpec } from '../../sandbox.ts';
import type { Base } from '../base/bases.ts';
import { ContainerOutput } from './container-output.ts';
import { containerOptions, INSIDE, type ContainerPlan, type NamedContainer } from './container-spec.ts';
import { mayBeDone } from '../engine/docker-errors.ts';
import { removeContainer, watchExit } from './docker-sandbox.ts';
import { answerOf } from '../engine/engine-answer.ts';
import type { Mount } from '../base/host-base.ts';
import type { Leftovers } from './leftovers.ts';

/** Lines of output that explain a failed start. */
const TAIL_LINES = 5;

/**
 * Allowance for lam's own processes, added to the function's limits: the supervising shell, and the relay of the
 * Runtime API. Measured with Node 26 on x64: 12 MiB and 8 threads for both; the rest is headroom.
 */
const OWN: Readonly<Record<Protocol, { readonly memoryMiB: number; readonly pids: number }>> = {
  frames: { memoryMiB: 0, pids: 1 },
  'runtime-api': { memoryMiB: 32, pids: 16 },
};

/** A running container. */
export interface Started {
  readonly container: Container;
  readonly output: ContainerOutput;
  readonly exited: Promise<ExitStatus>;
}

/** Undoes one step of a failed creation. */
export type UndoStep = () => Promise<unknown> | void;

export interface StartRequest {
  readonly spec: SandboxSpec;
  readonly base: Base;
  readonly homeId: string;
  readonly useDockerInit: boolean;
  readonly cores: number;
  /** Variables by which the code finds the daemon. */
  readonly environment: Readonly<Record<string, string>>;
  readonly socketMount: Mount;
  /** Host folder mounted as the code. */
  readonly code: string;
  /** Receives a step for everything created, also when this rejects. */
  readonly undo: UndoStep[];
  /** Receives containers that could not be removed, and those whose creation was not confirmed. */
  readonly leftovers: Leftovers;
}

/** Returns what the sandbox's container is created from. Pure. */
export function containerPlan({ spec, base, ...request }: Omit<StartRequest, 'undo' | 'leftovers'>): ContainerPlan {
  return {
    spec,
    homeId: request.homeId,
    image: base.image,
    isHostBase: base.isHostBase,
    useDockerInit: request.useDockerInit,
    command: base.command,
    environment: request.environment,
    mounts: [...base.mounts, request.socketMount, { source: request.code, target: INSIDE.taskRoot }],
    cores: request.cores,
    own: OWN[spec.runtime.descriptor.protocol],
  };
}

/** Creates and starts a container, attached to its output and exit before it runs. Rejects with dockerode's errors. */
export async function startContainer(docker: Docker, clock: Clock, request: StartRequest): Promise<Started> {
  const { undo } = request;
  const container = await created(docker, clock, containerOptions(containerPlan(request)), request.leftovers);
  undo.push(async () => {
    if ((await removeContainer(container, clock)) === 'unconfirmed') request.leftovers.add(container.id);
  });
  const attached = await answerOf(container.attach({ stream: true, stdout: true, stderr: true, hijack: true }), clock);
  const output = new ContainerOutput(attached);
  undo.push(() => output.close());
  const wait: Promise<{ StatusCode: number }> = container.wait({ condition: 'next-exit' });
  const exited = watchExit(container, wait, output, clock);
  await answerOf(container.start(), clock);
  return { container, output, exited };
}

/** Leaves no container behind when it rejects. */
async function created(
  docker: Docker,
  clock: Clock,
  options: NamedContainer,
  leftovers: Leftovers,
): Promise<Container> {
  const creation = docker.createContainer(options);
  try {
    return await answerOf(creation, clock);
  } catch (thrown) {
    if (mayBeDone(thrown)) leftovers.addPossible(options.name);
    // The answer may still arrive after the time-out.
    creation.then(
      (container) => leftovers.add(container.id),
      () => undefined,
    );
    throw thrown;
  }
}

/**
 * Waits for the bootstrap to connect. Rejects with `LAM_DRIVER_START_FAILED` when the container exits first, or after
 * the longest time an init may take.
 */
export function firstWord<S extends Session>(
  connected: Promise<S>,
  started: Started,
  clock: Clock,
  functionName: FunctionName | '',
): Promise<S> {
  const limit = Promise.withResolvers<never>();
  const failed = (what: string): void => {
    const said = started.output.tail(TAIL_LINES);
    const reason = said === '' ? what : `${what}; it printed: ${said}`;
    limit.reject(lamError('LAM_DRIVER_START_FAILED', { function: functionName, reason }));
  };
  const cancel = clock.after(LIMITS.initMs, () => failed(`it was not ready within ${LIMITS.initMs / 1000} s`));
  void started.exited.then((status) => failed(`${status.signal ?? `exit status ${status.code}`} before it was ready`));
  return Promise.race([connected, limit.promise]).finally(cancel);
}
