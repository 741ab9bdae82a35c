import { join } from 'node:path';
import type { ExitStatus, Session } from '../../executor/index.ts';
import type { SandboxId } from '../../contract/index.ts';
import { isLamError, lamError, messageOf } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import { ARCHIVE_MS, keepArchive, type ArchivePlan } from '../shared/startup-archives.ts';
import { Binding } from '../shared/binding.ts';
import { endedWithin } from '../shared/ended-within.ts';
import { END_MS, type ExtensionPrograms } from '../shared/extension-programs.ts';
import type { ArtifactSource, BoundFunction, Sandbox, VacatedPlace } from '../sandbox.ts';
import type { Cgroup } from './cgroup.ts';
import type { Place } from './isolation.ts';
import type { MemoryWatch, Watch } from './memory-watch.ts';
import { heldMemory } from './process-memory.ts';
import { removeTree } from './remove-tree.ts';
import type { RunningProcess } from './running-process.ts';
import { VacatedProcess } from './vacated-process.ts';

/** Maximum age of the cached memory peak (ms). */
const PEAK_AGE_MS = 100;
/** Name of the archive that a process records, in its folder for temporary files. */
export const RECORDED = '.lam-archive';
const MIB = 1024 * 1024;
/** Exit status of a destroyed sandbox that had no process. */
const DESTROYED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/** Parts of a process sandbox. */
export interface ProcessSandboxParts {
  readonly id: SandboxId;
  readonly session: Session;
  /** Host folder of its code; of a stem its own until it is bound. */
  readonly taskRoot: string;
  readonly isStem: boolean;
  readonly artifacts: ArtifactSource;
  /** Its own folder on the host, removed with it. */
  readonly folder: string;
  readonly place: Place;
  readonly memoryMiB: number;
  readonly cgroup: Cgroup | undefined;
  readonly memoryWatch: MemoryWatch;
  readonly clock: Clock;
  /** Absent for code without a valid entry point; the session reports the error. */
  readonly process: RunningProcess | undefined;
  /** Starts the function's program once a stem is bound; undefined where the stem's own process loads the code. */
  readonly start: ((taskRoot: string, bound: BoundFunction) => Promise<void>) | undefined;
  /** Called with the exit before the session learns of it; returns what to await first. */
  readonly explain: (status: Pick<ExitStatus, 'code'>) => Promise<void> | undefined;
  /** Its external extensions, once they are started; undefined without any. */
  readonly extensions: () => ExtensionPrograms | undefined;
  /** The code registered an extension, so it gets SIGTERM before SIGKILL. */
  readonly wantsSigterm: () => boolean;
  readonly archive: () => ArchivePlan | undefined;
  /** Called when everything is freed. */
  readonly onDestroyed: () => void;
}

/** A sandbox that is a process group of this machine. */
export class ProcessSandbox implements Sandbox {
  readonly id: SandboxId;
  readonly session: Session;
  taskRoot: string;
  readonly exited: Promise<ExitStatus>;
  readonly #parts: ProcessSandboxParts;
  readonly #binding: Binding;
  readonly #exited = Promise.withResolvers<ExitStatus>();
  readonly #watch: Watch | undefined;
  #destroyed: Promise<void> | undefined;
  #passedLimit = false;
  #peakMiB = 0;
  #peakAt = 0;
  #peakDue = false;

  constructor(parts: ProcessSandboxParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.session = parts.session;
    this.taskRoot = parts.taskRoot;
    this.#binding = new Binding(parts.isStem ? 'stem' : 'code');
    this.exited = this.#exited.promise;
    const running = parts.process;
    if (running === undefined) return;
    running.attach(parts.session);
    if (parts.cgroup?.limitsMemory !== true && process.platform === 'linux') {
      const { user, mark } = parts.place;
      this.#watch = parts.memoryWatch.watch({ pid: running.pid, user, mark }, parts.memoryMiB * MIB, () => {
        this.#passedLimit = true;
        running.kill('SIGKILL');
      });
      // Nothing can be read of a process that has ended.
      this.#peakMiB = Math.ceil(this.#leaderPeak() / MIB);
    }
    void running.ended.then((end) => {
      const explained = parts.explain(end);
      if (explained === undefined) this.#onEnded(running, end);
      else void explained.then(() => this.#onEnded(running, end));
    });
  }

  peakMemoryMiB(): number {
    const now = this.#parts.clock.monotonic();
    // The first read is synchronous; later ones may be stale.
    if (this.#peakAt === 0) this.#refreshPeak();
    else if (now - this.#peakAt > PEAK_AGE_MS && !this.#peakDue) {
      this.#peakDue = true;
      setImmediate(() => {
        this.#peakDue = false;
        this.#refreshPeak();
      });
    }
    return this.#peakMiB;
  }

  async bind(bound: BoundFunction): Promise<void> {
    this.#binding.begin();
    this.taskRoot = await this.#parts.artifacts.ensure(bound.artifact);
    try {
      this.#parts.cgroup?.raiseShare();
      await this.#parts.start?.(this.taskRoot, bound);
    } catch (cause) {
      if (isLamError(cause)) throw cause;
      throw lamError('LAM_DRIVER_START_FAILED', { function: bound.functionName, reason: messageOf(cause) }, cause);
    }
  }

  get lacksArchive(): boolean {
    return this.#parts.archive()?.does === 'lacking';
  }

  async saveArchive(): Promise<boolean> {
    const { process: running, place, folder, clock } = this.#parts;
    const plan = this.#parts.archive();
    if (running === undefined || plan?.does !== 'record') return false;
    running.kill('SIGTERM');
    // Still being written otherwise.
    if (!(await endedWithin(clock, ARCHIVE_MS, running.ended))) return false;
    return keepArchive(join(place.tmp ?? join(folder, 'tmp'), RECORDED), plan);
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  vacate(): Promise<VacatedPlace | undefined> {
    if (this.#destroyed !== undefined) return Promise.resolve(undefined);
    const { place, folder, onDestroyed } = this.#parts;
    const vacated = this.#end().then(async () => {
      await place.end();
      onDestroyed();
      return new VacatedProcess(place, folder);
    });
    this.#destroyed = vacated.then(() => undefined);
    return vacated;
  }

  async #destroy(): Promise<void> {
    await this.#end();
    await this.#parts.place.free();
    await removeTree(this.#parts.folder);
    this.#parts.onDestroyed();
  }

  /** Ends its process, and frees all but its place. */
  async #end(): Promise<void> {
    this.#binding.end();
    const began = this.#parts.clock.monotonic();
    const { process: running } = this.#parts;
    const extensions = this.#parts.extensions();
    if (running === undefined) {
      await this.#parts.place.shell.discard();
      this.#exited.resolve(DESTROYED);
    } else if (!running.isEnded) {
      if (this.#parts.wantsSigterm()) {
        running.kill('SIGTERM');
        await endedWithin(this.#parts.clock, extensions === undefined ? END_MS.code : END_MS.codeBeside, running.ended);
      }
      running.kill('SIGKILL');
    }
    await this.exited;
    await extensions?.end(END_MS.all - (this.#parts.clock.monotonic() - began));
    this.session.close();
    await this.#parts.cgroup?.remove();
  }

  #onEnded(
    running: RunningProcess,
    end: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
  ): void {
    this.#binding.end();
    this.#watch?.stop();
    this.#refreshPeak();
    const aborted = end.signal === 'SIGABRT' || end.code === 134;
    const killed = end.signal === 'SIGKILL' || end.code === 137;
    const outOfMemory =
      this.#passedLimit || (killed && this.#parts.cgroup?.outOfMemory() === true) || (aborted && running.heapFull);
    const status: ExitStatus = { ...end, outOfMemory };
    this.session.exited(status);
    this.#exited.resolve(status);
  }

  #refreshPeak(): void {
    this.#peakAt = this.#parts.clock.monotonic();
    const bytes = this.#parts.cgroup?.peakBytes() ?? 0;
    const seen = bytes > 0 ? bytes : Math.max(this.#watch?.peakBytes() ?? 0, this.#leaderPeak());
    this.#peakMiB = Math.max(this.#peakMiB, Math.ceil(seen / MIB));
  }

  #leaderPeak(): number {
    const running = this.#parts.process;
    return running === undefined ? 0 : heldMemory(running.pid).peak;
  }
}
