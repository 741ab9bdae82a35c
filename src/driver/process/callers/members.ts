import { readdirSync } from 'node:fs';
import { opendir, readFile, readdir, readlink } from 'node:fs/promises';
import { readControl } from '../cgroup-files.ts';

/** Walks through the files of the processes before a socket counts as foreign: a shell moves one while it opens it. */
const TRIES = 2;

interface Asked {
  readonly inode: number;
  readonly answer: (isHeld: boolean) => void;
  triesLeft: number;
}

/**
 * Tells which sockets the processes of one sandbox have open. One walk through their files serves all that wait for it,
 * so that strangers who open many connections cost little.
 */
export class SocketHolders {
  readonly #pids: () => AsyncIterable<number>;
  #asked: Asked[] = [];
  #isWalking = false;

  /** `pids`: the sandbox's processes at the moment. */
  constructor(pids: () => AsyncIterable<number>) {
    this.#pids = pids;
  }

  /** Whether one of them has this socket open. Never rejects. */
  hold(inode: number): Promise<boolean> {
    return new Promise((answer) => {
      this.#asked.push({ inode, answer, triesLeft: TRIES });
      if (!this.#isWalking) void this.#walk();
    });
  }

  async #walk(): Promise<void> {
    this.#isWalking = true;
    while (this.#asked.length > 0) {
      const batch = new Map(this.#asked.map((one) => [`socket:[${one.inode}]`, one]));
      this.#asked = [];
      for await (const pid of this.#pids()) {
        await seek(pid, batch);
        if (batch.size === 0) break;
      }
      for (const one of batch.values()) {
        one.triesLeft -= 1;
        if (one.triesLeft === 0) one.answer(false);
        else this.#asked.push(one);
      }
    }
    this.#isWalking = false;
  }
}

/** Answers those that the process has open, and removes them from `batch`. */
async function seek(pid: number, batch: Map<string, Asked>): Promise<void> {
  const folder = `/proc/${pid}/fd`;
  try {
    for await (const { name } of await opendir(folder)) {
      const target = await readlink(`${folder}/${name}`).catch(() => '');
      batch.get(target)?.answer(true);
      if (batch.delete(target) && batch.size === 0) return;
    }
  } catch {
    // The process has ended, or belongs to another user.
  }
}

/**
 * The process, its descendants, and then all others of its session, which may have lost their parents. For sandboxes
 * without a control group: a program that left both is not found.
 */
export async function* family(root: number): AsyncGenerator<number> {
  const seen = new Set<number>();
  const open = [root];
  for (let pid = open.shift(); pid !== undefined; pid = open.shift()) {
    if (seen.has(pid)) continue;
    seen.add(pid);
    yield pid;
    open.push(...childrenOf(pid));
  }
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || seen.has(pid)) continue;
    if (sessionIn(await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')) === root) yield pid;
  }
}

function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((thread) =>
    readControl(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
    return [];
  }
}

/** The session in `/proc/<pid>/stat`, whose second field may contain anything in parentheses. Pure. */
export function sessionIn(stat: string): number | undefined {
  const [, , , , session] = stat.slice(stat.lastIndexOf(')')).split(' ');
  return session === undefined ? undefined : Number(session);
}
