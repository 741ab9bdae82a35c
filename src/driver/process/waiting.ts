import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../kit/index.ts';
import { RunningProcess } from './running-process.ts';

/** Shells kept waiting; a larger burst of cold starts waits until further ones are made. */
const KEPT = 4;
/** Delay of the next one after one was taken, so that its start does not slow the one taken (ms). */
const REFILL_MS = 60;

/** A shell that waits to become the process of a sandbox. */
export interface WaitingShell {
  readonly running: RunningProcess;
  /** Has it run a script and wait on. */
  run(script: string): void;
  /** Makes it what the script says. */
  become(script: string): void;
  /** Ends it. */
  discard(): Promise<void>;
}

/** Starts a waiting shell. Rejects with the system's error when it cannot be started. */
export async function startWaiting(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  clock: Clock,
): Promise<WaitingShell> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: '/',
    env: { ...environment },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw error;
  }
  child.on('error', () => undefined);
  // It may end before it has read everything; its end is reported by itself.
  child.stdin.on('error', () => undefined);
  const running = new RunningProcess(child, pid, clock);
  return {
    running,
    run: (script) => void child.stdin.write(script),
    become: (script) => void child.stdin.end(script),
    async discard() {
      child.stdin.end();
      running.kill('SIGKILL');
      await running.ended;
    },
  };
}

/**
 * Things that take time to make and are the same for every taker, some of them made ahead. `make` starts one, `discard`
 * ends one that nobody took, `isFit` says whether one can still be taken.
 */
export class Ahead<T> {
  readonly #make: () => Promise<T>;
  readonly #discard: (one: T) => Promise<void>;
  readonly #isFit: (one: T) => boolean;
  readonly #clock: Clock;
  #kept: T[] = [];
  #cancel: (() => void) | undefined;
  #making: Promise<void> | undefined;
  #closed = false;

  constructor(
    parts: {
      readonly make: () => Promise<T>;
      readonly discard: (one: T) => Promise<void>;
      readonly isFit: (one: T) => boolean;
    },
    clock: Clock,
  ) {
    this.#make = parts.make;
    this.#discard = parts.discard;
    this.#isFit = parts.isFit;
    this.#clock = clock;
  }

  /** Returns one that is ready, else makes one. Rejects as `make` does. */
  async take(): Promise<T> {
    this.#cancel?.();
    if (!this.#closed) this.#cancel = this.#clock.after(REFILL_MS, () => void this.refill());
    for (let one = this.#kept.shift(); one !== undefined; one = this.#kept.shift()) {
      if (this.#isFit(one)) return one;
      await this.#discard(one);
    }
    return this.#make();
  }

  /** Makes what is missing. Never rejects: the next taker meets the error. */
  refill(): Promise<void> {
    this.#making ??= this.#fill().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #fill(): Promise<void> {
    while (!this.#closed && this.#kept.length < KEPT) {
      const made = await this.#make().catch(() => undefined);
      if (made === undefined) return;
      this.#kept.push(made);
    }
  }

  /** Ends those that wait, and keeps none any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#making;
    const kept = this.#kept;
    this.#kept = [];
    await Promise.all(kept.map(this.#discard));
  }
}
