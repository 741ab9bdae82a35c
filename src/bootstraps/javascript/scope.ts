import { AsyncLocalStorage } from 'node:async_hooks';
import type { ResponseStream } from './response-stream.ts';

/** A running invocation, or the code that runs outside of all invocations. */
export class Run {
  /** The daemon's number of the invocation; 0 outside of all. */
  readonly request: number;
  /** Start time, by {@link monotonicMs}. */
  readonly startedAt: number;
  /** Unfinished lines, by number of the stream. */
  readonly partial: string[] = ['', '', ''];
  hasEnded = false;
  /** Set for an invocation without a promise: called when nothing is left that could answer it. */
  drained: (() => void) | undefined;
  /** Its answer, if the handler streams. */
  stream: ResponseStream | undefined;

  constructor(request: number, startedAt: number) {
    this.request = request;
    this.startedAt = startedAt;
  }
}

/** Monotonic time (ms). Not `performance`, which loads half a megabyte of Node's internals. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/**
 * Tells which invocation the running code belongs to: the only one, or, where several run at once, the one in whose
 * asynchronous context it was started.
 */
export class Scope {
  /** Stands for code outside of all invocations. */
  readonly outside: Run = new Run(0, 0);
  #only: Run = this.outside;
  #storage: AsyncLocalStorage<Run> | undefined;

  /** Allows several at once; must be called before the first invocation. */
  spread(): void {
    this.#storage = new AsyncLocalStorage();
  }

  /** The invocation that the running code belongs to, if it has not ended; otherwise {@link Scope.outside}. */
  get current(): Run {
    if (this.#storage === undefined) return this.#only;
    const run = this.#storage.getStore();
    return run === undefined || run.hasEnded ? this.outside : run;
  }

  /** Calls `act` as part of `run`; asynchronous work it starts belongs to `run` too. */
  enter(run: Run, act: () => void): void {
    if (this.#storage === undefined) {
      this.#only = run;
      act();
    } else {
      this.#storage.run(run, act);
    }
  }

  /** Ends `run`: later actions of its code belong to no invocation. */
  leave(run: Run): void {
    run.hasEnded = true;
    if (this.#only === run) this.#only = this.outside;
  }
}
