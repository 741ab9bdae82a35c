import { chmod, writeFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';

import { LIMITS, type FunctionName } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { ExitStatus } from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { SandboxSpec } from '../../sandbox.ts';
import { archiveUse, type ArchivePlan } from '../../shared/startup-archives.ts';
import { codeStart } from '../../shared/entry-command.ts';
import { OPT } from '../../shared/layers.ts';
import type { Base } from '../base/bases.ts';
import { recordedIn } from '../code/folders.ts';
import { ContainerOutput } from './container-output.ts';
import { containerOptions, INSIDE, type ContainerPlan, type NamedContainer } from './container-spec.ts';
import { mayBeDone } from '../engine/docker-errors.ts';
import { exitStatus, removeContainer, watchExit } from './docker-sandbox.ts';
import { answerOf } from '../engine/engine-answer.ts';
import type { Mount } from '../base/host-base.ts';
import type { Leftovers } from './leftovers.ts';

/** Lines of output that explain a failed start. */
const TAIL_LINES = 5;

/**
 * Allowance for lam's own processes, added to the function's limits: the supervising shell, and the relay. Measured with Node 26 on x64: 12 MiB and 8 threads for both; the rest is headroom.
 */
const OWN = {
  alone: { memoryMiB: 0, pids: 1 },
  withRelay: { memoryMiB: 32, pids: 16 },
} as const;

/** A running container. */
export interface RunningContainer {
  readonly container: Container;
  readonly output: ContainerOutput;
  /** Settles when the container has ended, or its engine is gone. */
  readonly over: Promise<ExitStatus>;
}

/** A running container in which the code was started, for the first time or again. */
export interface Started extends RunningContainer {
  /** Settles when the code has ended; the container may go on. */
  readonly exited: Promise<ExitStatus>;
}

/** The code of a running container is started: returns that life of it. */
export function begun(running: RunningContainer): Started {
  const { output, over } = running;
  const reported = output
    .begin()
    .then(({ status, memoryKills }) => output.statusOf(exitStatus(status, false), memoryKills));
  return { ...running, exited: Promise.race([over, reported]) };
}

/** Undoes one step of a failed creation. */
export type UndoStep = () => Promise<unknown> | void;

export interface StartRequest {
  readonly spec: SandboxSpec;
  readonly base: Base;
  readonly homeId: string;
  readonly useDockerInit: boolean;
  readonly cores: number;
  /** The engine's name of its network, if it may have one. */
  readonly network: string;
  /** Variables by which the code finds the daemon. */
  readonly environment: Readonly<Record<string, string>>;
  readonly socketMount: Mount;
  readonly archive: ArchivePlan | undefined;
  /** Host folder mounted as the code. */
  readonly code: string;
  /** Folder inside with the executable that is started, or with the code. */
  readonly entryRoot: string;
  /** Host folder mounted at `/opt`; undefined for none. */
  readonly layers: string | undefined;
  /** Host file that is the `/etc/hosts` of one without a network. */
  readonly hosts: string;
  /** Receives a step for everything created, also when this rejects. */
  readonly undo: UndoStep[];
  /** Receives containers that could not be removed, and those whose creation was not confirmed. */
  readonly leftovers: Leftovers;
}

/** Returns what the sandbox's container is created from. Pure. */
export function containerPlan({
  spec,
  base,
  archive,
  ...request
}: Omit<StartRequest, 'undo' | 'leftovers'>): ContainerPlan {
  return {
    spec,
    homeId: request.homeId,
    image: base.image,
    isHostBase: base.isHostBase,
    useDockerInit: request.useDockerInit,
    command:
      base.relay ??
      base.command(codeStart(spec, { taskRoot: request.entryRoot, archive: archiveUse(archive, INSIDE.archive) })),
    // Whatever starts the code changes to its folder; Docker would make one that an image lacks, and spoil /tmp.
    directory: base.takesCode ? base.directory : '/',
    environment: { ...request.environment, ...(base.relay === null ? base.environment : {}) },
    mounts: [
      ...base.mounts,
      request.socketMount,
      ...(base.takesCode ? [{ source: request.code, target: INSIDE.taskRoot }] : []),
      ...archiveMounts(archive, request.socketMount.source),
      ...(spec.network === 'none' ? [{ source: request.hosts, target: '/etc/hosts' }] : []),
      ...(request.layers === undefined ? [] : [{ source: request.layers, target: OPT }]),
    ],
    hasLayers: request.layers !== undefined,
    cores: request.cores,
    network: request.network,
    own: base.relay === null ? OWN.alone : OWN.withRelay,
  };
}

function archiveMounts(archive: ArchivePlan | undefined, folder: string): readonly Mount[] {
  if (archive === undefined || archive.does === 'lacking') return [];
  const target = INSIDE.archive;
  return archive.does === 'use'
    ? [{ source: archive.file, target }]
    : [{ source: recordedIn(folder), target, writable: true }];
}

/** Creates and starts a container, attached to its output and exit before it runs. Rejects with dockerode's errors. */
export async function startContainer(docker: Docker, clock: Clock, request: StartRequest): Promise<Started> {
  const { undo, archive, socketMount } = request;
  if (archive?.does === 'record') {
    await writeFile(recordedIn(socketMount.source), '');
    // The umask cuts the mode given to writeFile.
    await chmod(recordedIn(socketMount.source), 0o666);
  }
  const container = await created(docker, clock, containerOptions(containerPlan(request)), request.leftovers);
  undo.push(async () => {
    if ((await removeContainer(container, clock)) === 'unconfirmed') request.leftovers.add(container.id);
  });
  const attached = await answerOf(container.attach({ stream: true, stdout: true, stderr: true, hijack: true }), clock);
  const output = new ContainerOutput(attached);
  undo.push(() => output.close());
  const wait: Promise<{ StatusCode: number }> = container.wait({ condition: 'next-exit' });
  const over = watchExit(container, wait, output, clock);
  const started = begun({ container, output, over });
  await answerOf(container.start(), clock);
  return started;
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
 * Waits for the bootstrap or the relay to connect. Rejects with `LAM_DRIVER_START_FAILED` when the container exits first, or after
 * the longest time an init may take.
 */
// oxlint-disable-next-line max-params -- these four come from four sources
export function firstWord<T>(
  connected: Promise<T>,
  started: Started,
  clock: Clock,
  functionName: FunctionName | '',
): Promise<T> {
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
