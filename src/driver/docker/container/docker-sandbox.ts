import { constants } from 'node:os';

import type { Container } from 'dockerode';

import type { SandboxId } from '../../../contract/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { ExitStatus, Session } from '../../../executor/index.ts';
import { ARCHIVE_MS, keepArchive, type ArchivePlan } from '../../shared/startup-archives.ts';
import { Binding } from '../../shared/binding.ts';
import { endedWithin } from '../../shared/ended-within.ts';
import { END_MS, type ExtensionPrograms } from '../../shared/extension-programs.ts';
import type { ArtifactSource, BoundFunction, Sandbox, VacatedPlace } from '../../sandbox.ts';
import type { CodeFolder } from '../code/code-folder.ts';
import { INSIDE } from './container-spec.ts';
import { recordedIn } from '../code/folders.ts';
import type { ContainerOutput } from './container-output.ts';
import { isMissing } from '../engine/docker-errors.ts';
import { answerOf } from '../engine/engine-answer.ts';
import { PeakMemory } from './peak-memory.ts';

/** How long killed processes may take to end (ms). */
const HOLD_MS = 1000;
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
  /** Settles when the code has ended. */
  readonly exited: Promise<ExitStatus>;
  /** Settles when the container has ended. */
  readonly over: Promise<unknown>;
  readonly clock: Clock;
  /** Settles when lam's own process in the container has closed its connection. */
  readonly disconnected: Promise<void>;
  /** The code folder of a stem; absent where the code was mounted at creation. */
  readonly codeFolder: CodeFolder | undefined;
  readonly artifacts: ArtifactSource;
  /** Known once its program is started. */
  readonly archive: () => ArchivePlan | undefined;
  /** Its own folder on the host. */
  readonly folder: string;
  /** Starts the function's program once a stem is bound; undefined where the stem's own process loads the code. */
  readonly start: ((code: string, bound: BoundFunction) => Promise<void>) | undefined;
  /** An extension registered, so the code gets SIGTERM before SIGKILL. */
  readonly wantsSigterm: () => boolean;
  /** Its external extensions, once they are started; undefined without any. */
  readonly extensions: () => ExtensionPrograms | undefined;
  /** Kills the code, and not its extensions; resolves when it has ended. Called only where there are some. */
  readonly killCode: () => Promise<unknown>;
  /** Returns what is kept of a container that can start its code again; undefined for others. */
  readonly keep: (() => VacatedPlace) | undefined;
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
  /** The container has ended. */
  #isOver = false;
  #isShutDown = false;
  #destroyed: Promise<void> | undefined;

  constructor(parts: DockerSandboxParts) {
    this.id = parts.id;
    this.session = parts.session;
    this.#parts = parts;
    this.#peak = new PeakMemory(parts.container.id);
    // The engine removes the kernel's file before it reports the end.
    this.#peak.read();
    void parts.disconnected.then(() => this.#peak.read());
    void parts.over.then(() => (this.#isOver = true));
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

  async bind(bound: BoundFunction): Promise<void> {
    this.#binding.begin();
    const code = await this.#parts.artifacts.ensure(bound.artifact);
    await this.#parts.codeFolder?.fill(code);
    await this.#parts.start?.(code, bound);
  }

  peakMemoryMiB(): number {
    return this.#peak.read();
  }

  get lacksArchive(): boolean {
    return this.#parts.archive()?.does === 'lacking';
  }

  async saveArchive(): Promise<boolean> {
    const archive = this.#parts.archive();
    if (archive?.does !== 'record') return false;
    if (!(await this.#terminate(ARCHIVE_MS))) return false;
    return keepArchive(recordedIn(this.#parts.folder), archive);
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  vacate(): Promise<VacatedPlace | undefined> {
    if (this.#destroyed !== undefined) return Promise.resolve(undefined);
    const vacated = this.#vacate();
    this.#destroyed = vacated.then(() => undefined);
    return vacated;
  }

  async #vacate(): Promise<VacatedPlace | undefined> {
    const { keep } = this.#parts;
    if (keep !== undefined) await this.#shutDown();
    if (keep === undefined || this.#isOver || !(await this.#hold())) {
      await this.#destroy();
      return undefined;
    }
    this.#binding.end();
    this.#gone.resolve(LOST);
    await this.exited;
    this.session.close();
    return keep();
  }

  /** Ends all processes but the one that starts the code again; returns whether they have ended. Never rejects. */
  async #hold(): Promise<boolean> {
    const { container, clock, disconnected } = this.#parts;
    let hasEnded = false;
    void disconnected.then(() => (hasEnded = true));
    const isTold = await answerOf(container.kill({ signal: 'SIGUSR2' }), clock).then(
      () => true,
      () => false,
    );
    if (isTold) await endedWithin(clock, HOLD_MS, disconnected);
    return hasEnded && !this.#isOver;
  }

  async #destroy(): Promise<void> {
    this.#binding.end();
    const { container, clock, onDestroyed } = this.#parts;
    await this.#shutDown();
    const removed = (await removeContainer(container, clock)) !== 'unconfirmed';
    await endedWithin(clock, removed ? GONE_MS : 0, this.exited);
    this.#gone.resolve(LOST);
    await this.exited;
    this.session.close();
    await onDestroyed(removed);
  }

  /** Lets code and extensions end by themselves within their time. Without effect the second time. Never rejects. */
  async #shutDown(): Promise<void> {
    if (this.#isShutDown) return;
    this.#isShutDown = true;
    const { clock, wantsSigterm, killCode } = this.#parts;
    const extensions = this.#parts.extensions();
    const ends = clock.monotonic() + END_MS.all;
    if (!this.#hasExited && wantsSigterm())
      await this.#terminate(extensions === undefined ? END_MS.code : END_MS.codeBeside);
    if (extensions === undefined) return;
    await endedWithin(clock, Math.max(0, ends - clock.monotonic()), killCode());
    await extensions.end(Math.max(0, ends - clock.monotonic()));
  }

  /** Asks its process to end and waits for it, at most `ms`; returns whether the engine passed it on. Never rejects. */
  async #terminate(ms: number): Promise<boolean> {
    const { container, clock } = this.#parts;
    const isTold = await answerOf(container.kill({ signal: 'SIGTERM' }), clock).then(
      () => true,
      () => false,
    );
    if (isTold) await endedWithin(clock, ms, this.exited);
    return isTold;
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
