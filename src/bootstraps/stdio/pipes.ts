import { execFile } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Opens a file as a mere reference, which is neither a reader nor a writer of a pipe; Node does not name it. */
const O_PATH = 0o10000000;
const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

/** Both ends of a pipe, as file descriptors. */
export interface PipeEnds {
  /** The program's end, which blocks. */
  readonly its: number;
  /** This process's end, which does not. */
  readonly ours: number;
}

/**
 * Three pipes for the standard streams of one program at a time. They are named pipes without a name left, opened anew
 * for each run: Node's own pipes to children are sockets, which `/dev/stdin`, `/dev/stdout` and `/dev/stderr` cannot open.
 */
export class StandardPipes {
  readonly #references: readonly number[];

  private constructor(references: readonly number[]) {
    this.#references = references;
  }

  /** Makes `count` sets; resolves with fewer, or none, where there is no `mkfifo` or `/proc`. */
  static async make(count: number): Promise<readonly StandardPipes[]> {
    let folder: string | undefined;
    try {
      folder = mkdtempSync(join(tmpdir(), '.lam-'));
      const place = folder;
      const names = Array.from({ length: count * 3 }, (_, at) => join(place, String(at)));
      await new Promise<void>((resolve, reject) => {
        execFile('mkfifo', ['-m', '600', ...names], (error) => (error === null ? resolve() : reject(error)));
      });
      const references = names.map((name) => openSync(name, O_PATH));
      return Array.from({ length: count }, (_, at) => new StandardPipes(references.slice(at * 3, at * 3 + 3)));
    } catch {
      // Images may lack the program, and the function may have filled /tmp.
      return [];
    } finally {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Opens stdin: the program reads, this process writes. */
  openStdin(): PipeEnds {
    const path = this.#path(0);
    // With a reader and a writer there, neither of the others waits for one.
    const both = openSync(path, O_RDWR | O_NONBLOCK);
    const ends = { its: openSync(path, O_RDONLY), ours: openSync(path, O_WRONLY | O_NONBLOCK) };
    closeSync(both);
    return ends;
  }

  /** Opens stdout (1) or stderr (2): the program writes, this process reads. */
  openOutput(stream: 1 | 2): PipeEnds {
    const path = this.#path(stream);
    const ours = openSync(path, O_RDONLY | O_NONBLOCK);
    return { ours, its: openSync(path, O_WRONLY) };
  }

  /** Gives them up, for instance because a process that left the program's group still holds an end. */
  close(): void {
    for (const reference of this.#references) closeSync(reference);
  }

  #path(stream: number): string {
    return `/proc/self/fd/${this.#references[stream]}`;
  }
}
