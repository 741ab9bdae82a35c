/** The end of the code of a container that goes on, as its supervisor reports it. */
export interface ReportedEnd {
  /** Exit status of a shell: 128 and the signal's number for a signal. */
  readonly status: number;
  /** Processes that the kernel has ended because the container's memory was used up, from its start. */
  readonly memoryKills: number;
}

type Stream = 'stdout' | 'stderr';

/** How a mark begins; nothing that is text contains it. */
const BEGIN = Buffer.from('\0lam-end ');
const END = 0;
/** Longest mark (bytes). */
const LONGEST = 64;
const MARK = /^\0lam-end (\d+) (\d+) (\d+)$/;

/**
 * Finds what the supervisor of a container prints on both streams once its code has ended and all its processes are
 * killed: `NUL lam-end LIFE STATUS KILLS NUL`, where lives are counted from 1. The code could print that, too; then it is
 * taken to have ended, and is ended.
 */
export class EndMarks {
  /** What may be the beginning of a mark, by stream. */
  readonly #held: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  /** The last mark on each stream. */
  #last = { stdout: '', stderr: '' };
  #life = 0;
  #resolve: ((end: ReportedEnd) => void) | undefined;

  /** Resolves with the end of the next life of the code. */
  next(): Promise<ReportedEnd> {
    this.#life += 1;
    this.#last = { stdout: '', stderr: '' };
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Returns output without marks; the beginning of one is held back until the rest has come. */
  without(stream: Stream, chunk: Uint8Array): readonly Uint8Array[] {
    const held = this.#held[stream];
    const first = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (held.length === 0 && !first.includes(END)) return [chunk];
    let rest = held.length === 0 ? first : Buffer.concat([held, first]);
    const printed: Uint8Array[] = [];
    const pass = (until: number): void => {
      if (until > 0) printed.push(rest.subarray(0, until));
      rest = rest.subarray(until);
    };
    while (rest.length > 0) {
      pass(startOf(rest));
      if (rest.length === 0) break;
      const end = rest.indexOf(END, 1);
      if (end === -1 && rest.length <= LONGEST) break;
      const mark = end === -1 ? null : MARK.exec(rest.toString('latin1', 0, end));
      if (mark === null) pass(1);
      else {
        rest = rest.subarray(end + 1);
        this.#found(stream, mark);
      }
    }
    this.#held[stream] = rest;
    return printed;
  }

  /** Both streams have the mark once all output before it was read. */
  #found(stream: Stream, [mark, life, status, memoryKills]: RegExpExecArray): void {
    if (Number(life) !== this.#life) return;
    this.#last[stream] = mark;
    if (this.#last.stdout === this.#last.stderr)
      this.#resolve?.({ status: Number(status), memoryKills: Number(memoryKills) });
  }
}

/** Where a mark begins in `bytes`, or its beginning at their end; their length if none does. */
function startOf(bytes: Buffer): number {
  for (let at = bytes.indexOf(END); at !== -1; at = bytes.indexOf(END, at + 1)) {
    const beginning = bytes.subarray(at, at + BEGIN.length);
    if (beginning.equals(BEGIN.subarray(0, beginning.length))) return at;
  }
  return bytes.length;
}
