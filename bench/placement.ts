import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { familyOf, findProgram } from './processes.ts';

/**
 * Which cores the load generator and the servers get. The same for every side of a comparison.
 *
 * On two cores a request and its answer take 25 us when both ends happen to share a core, and 70 us when each has to
 * wake the other's: left to the scheduler, a static server's own median jumps between the two, and a ratio to it says
 * nothing. - `one-core`: everything on the first core. No figure holds the waking of another core, so only work is
 * compared. It is   the placement in which lam, with its two processes, is furthest from a server of one process. -
 * `apart`: the generator has the last core, the servers the others; an open loop must not be held up by what it
 * measures. - `shared`: the generator keeps to the last core, the servers use all, as on a machine that also runs its
 * clients. - `free`: nobody is pinned.
 */
export type Layout = 'one-core' | 'apart' | 'shared' | 'free';

/** Lists of cores as taskset reads them. */
export interface Cores {
  readonly generator: string;
  readonly servers: string;
}

/** The cores of a layout on a machine with that many, or undefined without pinning. Pure. */
export function coresOf(layout: Layout, count: number): Cores | undefined {
  if (layout === 'free' || count < 2) return undefined;
  const last = String(count - 1);
  switch (layout) {
    case 'one-core':
      return { generator: '0', servers: '0' };
    case 'apart':
      return { generator: last, servers: count === 2 ? '0' : `0-${count - 2}` };
    case 'shared':
      return { generator: last, servers: `0-${last}` };
    default:
      return layout satisfies never;
  }
}

const run = promisify(execFile);

/** Pins processes to cores, if `taskset` (util-linux) is installed. */
export class Placement {
  readonly #taskset = findProgram('taskset');
  readonly #count = cpus().length;

  /** Describes a layout on this machine. */
  describe(layout: Layout): string {
    const cores = this.#coresOf(layout);
    if (layout === 'free') return 'nobody pinned';
    if (cores === undefined)
      return this.#taskset === undefined ? 'nobody pinned: there is no taskset' : 'nobody pinned: there is one core';
    return `generator on core ${cores.generator}, servers on ${cores.servers.includes('-') ? 'cores' : 'core'} ${cores.servers}`;
  }

  /** Moves servers with all their threads and children. Children born later inherit it. */
  async place(layout: Layout, servers: readonly number[]): Promise<void> {
    if (this.#taskset === undefined || this.#count < 2) return;
    const cores = this.#coresOf(layout)?.servers ?? `0-${this.#count - 1}`;
    const pids = servers.flatMap((pid) => familyOf(pid));
    // It ended in the meantime.
    await Promise.all(
      pids.map((pid) => run(this.#taskset ?? '', ['-a', '-c', '-p', cores, String(pid)]).catch(() => undefined)),
    );
  }

  /** Prefix of a generator's command. */
  generatorPrefix(layout: Layout): readonly string[] {
    const cores = this.#coresOf(layout);
    return this.#taskset === undefined || cores === undefined ? [] : [this.#taskset, '-c', cores.generator];
  }

  #coresOf(layout: Layout): Cores | undefined {
    return this.#taskset === undefined ? undefined : coresOf(layout, this.#count);
  }
}
