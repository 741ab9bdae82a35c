import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Session } from '../../executor/index.ts';
import type { Clock } from '../../kit/index.ts';
import { complaintIn } from './complaint.ts';

/** A sandbox's process: nothing to read, two pipes to be read from. */
export type SandboxProcess = ChildProcessByStdio<null, Readable, Readable>;

/** How long the pipes of an ended process may still hold something to read, ms. */
const DRAIN_MS = 500;
const MIB = 1024 * 1024;
/** What Node prints before it aborts because its heap is full. */
const HEAP_FULL = 'JavaScript heap out of memory';

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
  readonly #clock: Clock;
  #session: Session | undefined;
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

/** Resolves when `end` does, or after `ms`. */
export async function endedWithin(clock: Clock, ms: number, end: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(ms, late.resolve);
  await Promise.race([end, late.promise]);
  cancel();
}
