import { rm } from 'node:fs/promises';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ExitStatus, Session } from '../../executor/index.ts';
import type { Digest } from '../../contract/index.ts';
import { lamError, messageOf } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import { Binding } from '../shared/binding.ts';
import type { ArtifactSource, Sandbox, SandboxId } from '../sandbox.ts';
import type { Cgroup } from './cgroup.ts';
import { readControl } from './cgroup-files.ts';
import { complaintIn } from './complaint.ts';
import type { MemoryWatch, Watch } from './memory-watch.ts';

/** A sandbox's process: nothing to read, two pipes to be read from. */
export type SandboxProcess = ChildProcessByStdio<null, Readable, Readable>;

/** How long the pipes of an ended process may still hold something to read, milliseconds. */
const DRAIN_MS = 500;
/** What AWS gives a runtime that asked for it between SIGTERM and SIGKILL, milliseconds. */
const SIGTERM_MS = 500;
/** How old the known peak of memory may be, milliseconds. */
const PEAK_AGE_MS = 100;
const MIB = 1024 * 1024;
/** What Node prints before it aborts because its heap is full. */
const HEAP_FULL = 'JavaScript heap out of memory';
/** What a sandbox without a process reports when it is destroyed. */
const DESTROYED: ExitStatus = { code: null, signal: 'SIGKILL', outOfMemory: false };

/** Everything a process sandbox is made of. */
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
  /** Absent where the code has nothing that could be started; the session says why. */
  readonly process: RunningProcess | undefined;
  /** The code asked to be told before it is killed. */
  readonly wantsSigterm: () => boolean;
  /** Called once all is freed. */
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
    // Later figures may be a little old; the first would be none at all.
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
        await Promise.race([
          running.ended,
          new Promise<void>((resolve) => this.#parts.clock.after(SIGTERM_MS, resolve)),
        ]);
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

/**
 * One started process: its output, its end. What it prints before a session is attached is kept, up to a limit, and
 * handed on then.
 */
export class RunningProcess {
  readonly pid: number;
  /** Settles when it has ended, its group was killed, and its output is read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** It was told by V8 that its heap is full. */
  heapFull = false;
  isEnded = false;
  readonly #child: SandboxProcess;
  #session: Session | undefined;
  #early: { stream: 'stdout' | 'stderr'; chunk: Buffer }[] = [];
  #earlyBytes = 0;

  constructor(child: SandboxProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
    child.stdout.on('data', (chunk: Buffer) => this.#output('stdout', chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#output('stderr', chunk));
    this.ended = this.#waitForEnd();
  }

  attach(session: Session): void {
    this.#session = session;
    for (const { stream, chunk } of this.#early) session.output(stream, chunk);
    this.#early = [];
  }

  /** What it printed on stderr so far, if no session is attached: why it did not start. */
  complaint(): string {
    return complaintIn(
      Buffer.concat(this.#early.filter((part) => part.stream === 'stderr').map((part) => part.chunk)).toString('utf8'),
    );
  }

  /** Stops or starts reading what it prints, which blocks it once its pipes are full. */
  setFlow(paused: boolean): void {
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (paused) stream.pause();
      else stream.resume();
  }

  /** Signals the whole process group. */
  kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // Nobody is left in it.
    }
  }

  async #waitForEnd(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    // Asked for before the end: where the pipes were read out by then, 'close' comes right behind 'exit'.
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    const end = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.isEnded = true;
    // Children it left behind hold its pipes open, and may not outlive it.
    this.kill('SIGKILL');
    this.setFlow(false);
    await new Promise<void>((resolve) => {
      const giveUp = setTimeout(resolve, DRAIN_MS);
      void closed.then(() => {
        clearTimeout(giveUp);
        resolve();
      });
    });
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
    return end;
  }

  #output(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (stream === 'stderr' && chunk.includes(HEAP_FULL)) this.heapFull = true;
    if (this.#session !== undefined) this.#session.output(stream, chunk);
    else if (this.#earlyBytes < MIB) {
      this.#earlyBytes += chunk.length;
      this.#early.push({ stream, chunk });
    }
  }
}

/** The most resident memory a living process has had, bytes; 0 where `/proc` does not say. */
function highWaterBytes(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readControl(`/proc/${pid}/status`))?.[1];
  return kib === undefined ? 0 : Number(kib) * 1024;
}
