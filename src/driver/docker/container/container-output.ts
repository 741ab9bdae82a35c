import type { Clock } from '../../../kit/index.ts';
import { AttachStream } from '../engine/attach-stream.ts';

type Stream = 'stdout' | 'stderr';

/** Output buffered before a session takes it (bytes). */
const KEPT_BYTES = 64 * 1024;
/** What Node prints before it aborts because its heap is full. */
const HEAP_FULL = 'JavaScript heap out of memory';
/** How long the stream may outlive the container (ms). */
const END_MS = 1000;

/** Output of a container, buffered until a session takes it. */
export class ContainerOutput {
  /** Settles when the stream has ended. */
  readonly ended: Promise<void>;
  /** V8 reported that its heap is full. */
  heapFull = false;
  readonly #source: NodeJS.ReadWriteStream;
  #kept: { readonly stream: Stream; readonly chunk: Uint8Array }[] = [];
  #keptBytes = 0;
  #take: ((stream: Stream, chunk: Uint8Array) => void) | undefined;

  /** `source`: the hijacked stream of an attach. */
  constructor(source: NodeJS.ReadWriteStream) {
    this.#source = source;
    const frames = new AttachStream((stream, chunk) => this.#receive(stream, chunk));
    source.on('data', (chunk: Buffer) => frames.push(chunk));
    this.ended = new Promise((resolve) => {
      source.on('end', resolve);
      source.on('close', resolve);
      source.on('error', () => resolve());
    });
  }

  /** Delivers the buffered output, then further output as it arrives. */
  pipe(take: (stream: Stream, chunk: Uint8Array) => void): void {
    this.#take = take;
    for (const { stream, chunk } of this.#kept) take(stream, chunk);
    this.#kept = [];
  }

  /** Pauses or resumes reading; while paused the container blocks once the buffers are full. */
  setPaused(paused: boolean): void {
    if (paused) this.#source.pause();
    else this.#source.resume();
  }

  /** Waits for the stream's end, with a limit: another process may hold it open. */
  async drained(clock: Clock): Promise<void> {
    this.#source.resume();
    const limit = Promise.withResolvers<void>();
    const cancel = clock.after(END_MS, limit.resolve);
    await Promise.race([this.ended, limit.promise]);
    cancel();
  }

  /** The last `count` buffered lines, joined into one. */
  tail(count: number): string {
    const text = Buffer.concat(this.#kept.map((k) => k.chunk)).toString('utf8');
    return text.trim().split('\n').slice(-count).join(' | ');
  }

  close(): void {
    this.#source.end();
    this.#source.removeAllListeners('data');
    this.#source.resume();
  }

  #receive(stream: Stream, chunk: Uint8Array): void {
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
}
