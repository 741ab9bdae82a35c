import { constants } from 'node:os';

import type { Container } from 'dockerode';

import type { Digest, SandboxId } from '../../../contract/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ExitStatus, Session } from '../../../executor/index.ts';
import { Binding } from '../../shared/binding.ts';
import type { ArtifactSource, Sandbox } from '../../sandbox.ts';
import type { CodeFolder } from '../code/code-folder.ts';
import { INSIDE } from './container-spec.ts';
import type { ContainerOutput } from './container-output.ts';
import { isMissing } from '../engine/docker-errors.ts';
import { answerOf } from '../engine/engine-answer.ts';
import { PeakMemory } from './peak-memory.ts';

/** Time between SIGTERM and SIGKILL, as on AWS (ms). */
const SIGTERM_MS = 500;
/** How long to wait for the exit of a removed container (ms). */
const GONE_MS = 2000;
const LOST: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/**
 * Settles with the container's exit, or with {@link LOST} when the engine is gone first. Never rejects. Does not rely
 * on `wait` alone: dockerode never settles it when the connection breaks after the response headers, which arrive at
 * once.
 */
export async function watchExit(
  container: Container,
  wait: Promise<{ StatusCode: number }>,
  output: ContainerOutput,
  clock: Clock,
): Promise<ExitStatus> {
  const answered = wait.then(
    () => true,
    () => false,
  );
  const cutOff = output.ended.then(async () => !(await isRunning(container, clock)));
  const { promise: known, resolve } = Promise.withResolvers<void>();
  void answered.then(() => resolve());
  void cutOff.then((isOver) => isOver && resolve());
  await known;
  try {
    await output.drained(clock);
    const { State: state } = await answerOf(container.inspect(), clock);
    const status = exitStatus(state.ExitCode, state.OOMKilled);
    return status.signal === 'SIGABRT' && output.heapFull ? { ...status, outOfMemory: true } : status;
  } catch {
    // The engine is gone or the container was removed before the inspect; either way its code no longer runs.
    return LOST;
  }
}

/** False also when the engine does not answer. */
async function isRunning(container: Container, clock: Clock): Promise<boolean> {
  try {
    return (await answerOf(container.inspect(), clock)).State.Running;
  } catch {
    // The engine is gone, or the container is.
    return false;
  }
}

/**
 * Exit code of the Node bootstrap after an uncaught error, as on AWS. Not 128 + SIGHUP: a container without a terminal
 * gets none.
 */
const UNCAUGHT_EXCEPTION = 129;

/** Splits Docker's exit code into code and signal: 128 + N stands for signal N. */
export function exitStatus(status: number, outOfMemory: boolean): ExitStatus {
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  if (signal === undefined || status === UNCAUGHT_EXCEPTION) return { code: status, signal: null, outOfMemory };
  return { code: null, signal: signal as NodeJS.Signals, outOfMemory };
}

export interface DockerSandboxParts {
  readonly id: SandboxId;
  readonly container: Container;
  readonly session: Session;
  readonly exited: Promise<ExitStatus>;
  readonly clock: Clock;
  /** The code folder of a stem; absent where the code was mounted at creation. */
  readonly codeFolder: CodeFolder | undefined;
  readonly artifacts: ArtifactSource;
  /** The code registered an extension, so it gets SIGTERM before SIGKILL. */
  readonly wantsSigterm: () => boolean;
  /**
   * Frees what is outside the container: sockets, folders, the driver's entry. `removed`: the engine confirmed the
   * removal.
   */
  readonly onDestroyed: (removed: boolean) => Promise<void>;
}

/** A sandbox that is a container. */
export class DockerSandbox implements Sandbox {
  readonly id: SandboxId;
  readonly session: Session;
  readonly taskRoot = INSIDE.taskRoot;
  readonly exited: Promise<ExitStatus>;
  readonly #parts: DockerSandboxParts;
  readonly #peak: PeakMemory;
  readonly #binding: Binding;
  readonly #gone = Promise.withResolvers<ExitStatus>();
  #hasExited = false;
  #destroyed: Promise<void> | undefined;

  constructor(parts: DockerSandboxParts) {
    this.id = parts.id;
    this.session = parts.session;
    this.#parts = parts;
    this.#peak = new PeakMemory(parts.container.id);
    this.#binding = new Binding(parts.codeFolder === undefined ? 'code' : 'stem');
    this.exited = Promise.race([parts.exited, this.#gone.promise]).then((status) => {
      this.#hasExited = true;
      this.#binding.end();
      this.session.exited(status);
      // The code may still run: closing the session discards what it still answers.
      if (status === LOST) this.session.close();
      return status;
    });
  }

  async bind(artifact: Digest): Promise<void> {
    this.#binding.begin();
    await this.#parts.codeFolder?.fill(await this.#parts.artifacts.ensure(artifact));
  }

  peakMemoryMiB(): number {
    return this.#peak.read();
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  async #destroy(): Promise<void> {
    this.#binding.end();
    const { container, clock, wantsSigterm, onDestroyed } = this.#parts;
    if (!this.#hasExited && wantsSigterm()) {
      const told = await answerOf(container.kill({ signal: 'SIGTERM' }), clock).then(
        () => true,
        () => false,
      );
      if (told) await within(clock, SIGTERM_MS, this.exited);
    }
    const removed = (await removeContainer(container, clock)) !== 'unconfirmed';
    await within(clock, removed ? GONE_MS : 0, this.exited);
    this.#gone.resolve(LOST);
    await this.exited;
    this.session.close();
    await onDestroyed(removed);
  }
}

/** Result of a removal: `missing` when the engine knows no such container, `unconfirmed` when it did not answer. */
export type Removal = 'removed' | 'missing' | 'unconfirmed';

/** Kills and removes a container. Never rejects. */
export function removeContainer(container: Container, clock: Clock): Promise<Removal> {
  return answerOf(container.remove({ force: true, v: true }), clock).then(
    () => 'removed',
    (thrown: unknown) => (isMissing(thrown) ? 'missing' : 'unconfirmed'),
  );
}

function within(clock: Clock, ms: number, what: Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  return Promise.race([what, promise]).finally(cancel);
}
