import { rm } from 'node:fs/promises';
import type { ExitStatus, Session } from '../../executor/index.ts';
import type { Digest, SandboxId } from '../../contract/index.ts';
import { lamError, messageOf } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import { Binding } from '../shared/binding.ts';
import type { ArtifactSource, Sandbox } from '../sandbox.ts';
import type { Cgroup } from './cgroup.ts';
import { readControl } from './cgroup-files.ts';
import type { MemoryWatch, Watch } from './memory-watch.ts';
import { endedWithin, type RunningProcess } from './running-process.ts';

/** Time between SIGTERM and SIGKILL for runtimes with extensions, as on AWS (ms). */
const SIGTERM_MS = 500;
/** Maximum age of the cached memory peak (ms). */
const PEAK_AGE_MS = 100;
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
  readonly memoryMiB: number;
  readonly cgroup: Cgroup | undefined;
  readonly memoryWatch: MemoryWatch;
  readonly clock: Clock;
  /** Absent for code without a valid entry point; the session reports the error. */
  readonly process: RunningProcess | undefined;
  /** The code registered an extension, so it gets SIGTERM before SIGKILL. */
  readonly wantsSigterm: () => boolean;
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
    if (parts.cgroup === undefined && process.platform === 'linux') {
      this.#watch = parts.memoryWatch.watch(running.pid, parts.memoryMiB * MIB, () => {
        this.#passedLimit = true;
        running.kill('SIGKILL');
      });
    }
    void running.ended.then((end) => this.#onEnded(running, end));
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

  async bind(artifact: Digest): Promise<void> {
    this.#binding.begin();
    const code = await this.#parts.artifacts.ensure(artifact);
    try {
      this.#parts.cgroup?.raiseShare();
    } catch (cause) {
      throw lamError('LAM_DRIVER_START_FAILED', { function: '', reason: messageOf(cause) }, cause);
    }
    this.taskRoot = code;
  }

  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy();
    return this.#destroyed;
  }

  async #destroy(): Promise<void> {
    this.#binding.end();
    const running = this.#parts.process;
    if (running === undefined) this.#exited.resolve(DESTROYED);
    else if (!running.isEnded) {
      if (this.#parts.wantsSigterm()) {
        running.kill('SIGTERM');
        await endedWithin(this.#parts.clock, SIGTERM_MS, running.ended);
      }
      running.kill('SIGKILL');
    }
    await this.exited;
    this.session.close();
    await this.#parts.cgroup?.remove();
    await rm(this.#parts.folder, { recursive: true, force: true });
    this.#parts.onDestroyed();
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
    const seen = bytes > 0 ? bytes : Math.max(this.#watch?.peakBytes() ?? 0, highWaterBytes(this.#parts.process?.pid));
    this.#peakMiB = Math.max(this.#peakMiB, Math.ceil(seen / MIB));
  }
}

/** Peak resident memory of a running process (bytes); 0 without `/proc`. */
function highWaterBytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readControl(`/proc/${pid}/status`))?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}
