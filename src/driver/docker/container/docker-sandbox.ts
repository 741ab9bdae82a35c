import { constants } from 'node:os';

import type { Container } from 'dockerode';

import type { Digest } from '../../../contract/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ExitStatus, Session } from '../../../executor/index.ts';
import { Binding } from '../../shared/binding.ts';
import type { ArtifactSource, Sandbox, SandboxId } from '../../sandbox.ts';
import type { CodeFolder } from '../code/code-folder.ts';
import { INSIDE } from './container-spec.ts';
import type { ContainerOutput } from './container-output.ts';
import { isMissing } from '../engine/docker-errors.ts';
import { answerOf } from '../engine/engine-answer.ts';
import { PeakMemory } from './peak-memory.ts';

/** What AWS leaves a runtime between SIGTERM and SIGKILL. */
const SIGTERM_MS = 500;
/** How long the end of a container that was removed may take to be told. */
const GONE_MS = 2000;
const LOST: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/**
 * Settles when the container has ended; with {@link LOST} when the engine is gone before. Never rejects. `wait` alone
 * would not do: dockerode never settles it when the connection breaks after the answer's headers, which come at once.
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
    // The engine went away, or the container was removed before it could be asked: either way it runs no more code of ours.
    return LOST;
  }
}

/** False also when nobody is there to say so. */
async function isRunning(container: Container, clock: Clock): Promise<boolean> {
  try {
    return (await answerOf(container.inspect(), clock)).State.Running;
  } catch {
    // The engine is gone, or knows it no more.
    return false;
  }
}

/** With what the Node bootstrap exits, as AWS's does, when nothing caught an error; a container without a terminal hears no SIGHUP. */
const UNCAUGHT_EXCEPTION = 129;

/** A shell's and Docker's number for an ending by signal N is 128 + N. */
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
  /** What a stem sees as its code; absent where the code was there from the start. */
  readonly codeFolder: CodeFolder | undefined;
  readonly artifacts: ArtifactSource;
  /** The code asked for SIGTERM before SIGKILL. */
  readonly wantsSigterm: () => boolean;
  /** Frees what is not the container's: sockets, folders, the driver's list. `removed`: the engine confirmed its end. */
  readonly onDestroyed: (removed: boolean) => Promise<void>;
}

/** One container and the session with the code in it. */
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
      // Nobody can say that the code has stopped: what it still answers must not count.
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

/** What became of a removal: `missing` when the engine knows no such container, `unconfirmed` when it did not say. */
export type Removal = 'removed' | 'missing' | 'unconfirmed';

/** Ends and removes a container. Never rejects. */
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
