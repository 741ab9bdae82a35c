import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Session } from '../../executor/index.ts';
import type { Clock } from '../../kit/index.ts';
import { endedWithin } from '../shared/ended-within.ts';
import { complaintIn } from './complaint.ts';

/** A sandbox's process; its stdin is not the code's. */
export type SandboxProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** How long to drain the pipes of an ended process (ms). */
const DRAIN_MS = 500;
const MIB = 1024 * 1024;
/** What Node prints before it aborts because its heap is full. */
const HEAP_FULL = 'JavaScript heap out of memory';

/** A started process with its output and exit. Output before a session is attached is buffered, up to 1 MiB. */
export class RunningProcess {
  readonly pid: number;
  /** Settles when the process has ended, its group is killed and its output is drained. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** V8 reported that its heap is full. */
  heapFull = false;
  isEnded = false;
  readonly #child: SandboxProcess;
  readonly #clock: Clock;
  #session: Pick<Session, 'output'> | undefined;
  #early: { stream: 'stdout' | 'stderr'; chunk: Buffer }[] = [];
  #earlyBytes = 0;

  constructor(child: SandboxProcess, pid: number, clock: Clock) {
    this.#child = child;
    this.#clock = clock;
    this.pid = pid;
    child.stdout.on('data', (chunk: Buffer) => this.#output('stdout', chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#output('stderr', chunk));
    this.ended = this.#waitForEnd();
  }

  attach(session: Pick<Session, 'output'>): void {
    this.#session = session;
    for (const { stream, chunk } of this.#early) session.output(stream, chunk);
    this.#early = [];
  }

  /** The reason for a failed start, from stderr; empty once a session is attached. */
  complaint(): string {
    return complaintIn(
      Buffer.concat(this.#early.filter((part) => part.stream === 'stderr').map((part) => part.chunk)).toString('utf8'),
    );
  }

  /** Pauses or resumes reading its output; while paused it blocks once its pipes are full. */
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
      // The group is empty.
    }
  }

  async #waitForEnd(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    // Subscribed before the exit: with drained pipes 'close' follows 'exit' immediately.
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    const end = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.isEnded = true;
    // Children left behind hold its pipes open and must not outlive it.
    this.kill('SIGKILL');
    this.setFlow(false);
    await endedWithin(this.#clock, DRAIN_MS, closed);
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
