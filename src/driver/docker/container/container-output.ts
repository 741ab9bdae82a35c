import type { ExitStatus } from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { endedWithin } from '../../shared/ended-within.ts';
import { AttachStream } from '../engine/attach-stream.ts';
import { EndMarks, type ReportedEnd } from './end-marks.ts';

type Stream = 'stdout' | 'stderr';

/** Output buffered before a session takes it (bytes). */
const KEPT_BYTES = 64 * 1024;
/** What Node prints before it aborts because its heap is full. */
const HEAP_FULL = 'JavaScript heap out of memory';
/** How long the stream may outlive the container (ms). */
const DRAIN_MS = 1000;

/** Output of a container, buffered until a session takes it. */
export class ContainerOutput {
  /** Settles when the attach stream has ended. */
  readonly ended: Promise<void>;
  /** V8 reported that its heap is full. */
  heapFull = false;
  readonly #attached: NodeJS.ReadWriteStream;
  /** Ends of what brings output besides the attach stream. */
  readonly #others: Promise<void>[] = [];
  readonly #marks = new EndMarks();
  #memoryKills = 0;
  #kept: { readonly stream: Stream; readonly chunk: Uint8Array }[] = [];
  #keptBytes = 0;
  #take: ((stream: Stream, chunk: Uint8Array) => void) | undefined;

  /** `attached`: the hijacked stream of an attach. */
  constructor(attached: NodeJS.ReadWriteStream) {
    this.#attached = attached;
    const frames = new AttachStream((stream, chunk) => {
      for (const printed of this.#marks.without(stream, chunk)) this.receive(stream, printed);
    });
    attached.on('data', (chunk: Buffer) => frames.push(chunk));
    this.ended = new Promise<void>((resolve) => {
      attached.on('end', resolve);
      attached.on('close', resolve);
      attached.on('error', () => resolve());
    });
  }

  /**
   * The code is started, for the first time or again in a container that was kept. Resolves with its end if the
   * supervisor reports that; then all that it printed has been received.
   */
  begin(): Promise<ReportedEnd> {
    this.#take = undefined;
    this.heapFull = false;
    return this.#marks.next();
  }

  /**
   * Returns how the code ended, with whether it ran out of memory. `memoryKills`: processes that the kernel has ended for
   * that in this container.
   */
  statusOf({ code, signal }: Pick<ExitStatus, 'code' | 'signal'>, memoryKills: number): ExitStatus {
    const isNew = memoryKills > this.#memoryKills;
    this.#memoryKills = memoryKills;
    return { code, signal, outOfMemory: isNew || (signal === 'SIGABRT' && this.heapFull) };
  }

  /** Takes output that came another way until `ended`. */
  alsoUntil(ended: Promise<void>): void {
    this.#others.push(ended);
  }

  /** Takes output that came another way. */
  receive(stream: Stream, chunk: Uint8Array): void {
    if (stream === 'stderr' && Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).includes(HEAP_FULL))
      this.heapFull = true;
    if (this.#take !== undefined) {
      this.#take(stream, chunk);
      return;
    }
    this.#kept.push({ stream, chunk });
    this.#keptBytes += chunk.length;
    while (this.#keptBytes > KEPT_BYTES && this.#kept.length > 1)
      this.#keptBytes -= this.#kept.shift()?.chunk.length ?? 0;
  }

  /** Delivers the buffered output, then further output as it arrives. */
  pipe(take: (stream: Stream, chunk: Uint8Array) => void): void {
    this.#take = take;
    for (const { stream, chunk } of this.#kept) take(stream, chunk);
    this.#kept = [];
    this.#keptBytes = 0;
  }

  /** Pauses or resumes reading; while paused the container blocks once the buffers are full. */
  setPaused(paused: boolean): void {
    if (paused) this.#attached.pause();
    else this.#attached.resume();
  }

  /** Waits for the end of all that brings output, with a limit: another process may hold it open. */
  async drained(clock: Clock): Promise<void> {
    this.setPaused(false);
    await endedWithin(clock, DRAIN_MS, Promise.all([this.ended, ...this.#others]));
  }

  /** The last `count` buffered lines, joined into one. */
  tail(count: number): string {
    const text = Buffer.concat(this.#kept.map((k) => k.chunk)).toString('utf8');
    return text.trim().split('\n').slice(-count).join(' | ');
  }

  close(): void {
    this.#attached.end();
    this.#attached.removeAllListeners('data');
    this.#attached.resume();
  }
}
