/**
 * Runs one task at a time, in call order. Not re-entrant: a task that waits for another one of the same mutex
 * deadlocks.
 */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all earlier work has settled; resolves or rejects as it does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}
