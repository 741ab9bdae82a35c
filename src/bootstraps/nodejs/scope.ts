import { AsyncLocalStorage } from 'node:async_hooks';

/** One invocation that runs in this process, or what is outside of any. */
export class Run {
  /** The daemon's number for it; 0 outside of an invocation. */
  readonly request: number;
  /** When it began, see {@link monotonicMs}. */
  readonly startedAt: number;
  /** What was printed of a line that has not got its end, at the number of its stream. */
  readonly partial: string[] = ['', '', ''];
  hasEnded = false;
  /** It has no promise: told when nothing is left that could still answer it. */
  drained: (() => void) | undefined;

  constructor(request: number, startedAt: number) {
    this.request = request;
    this.startedAt = startedAt;
  }
}

/** Milliseconds on a clock that only goes forward. `performance` would load half a megabyte of Node's insides. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/**
 * Tells whose code it is that runs right now. As long as invocations run one after the other it is the only one there is;
 * where several run at once it is found by the asynchronous context that it was started in.
 */
export class Scope {
  /** What belongs to no invocation. */
  readonly outside: Run = new Run(0, 0);
  #only: Run = this.outside;
  #storage: AsyncLocalStorage<Run> | undefined;

  /** From now on several run at once. To be called before the first. */
  spread(): void {
    this.#storage = new AsyncLocalStorage();
  }

  /** The one that has not ended and whose code this is, else {@link Scope.outside}. */
  get current(): Run {
    if (this.#storage === undefined) return this.#only;
    const run = this.#storage.getStore();
    return run === undefined || run.hasEnded ? this.outside : run;
  }

  /** Calls `act` as a part of `run`, and so all that follows from it. */
  enter(run: Run, act: () => void): void {
    if (this.#storage === undefined) {
      this.#only = run;
      act();
    } else {
      this.#storage.run(run, act);
    }
  }

  /** What its code still does belongs to nobody. */
  leave(run: Run): void {
    run.hasEnded = true;
    if (this.#only === run) this.#only = this.outside;
  }
}
