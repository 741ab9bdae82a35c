import { Mutex } from './mutex.ts';

/** Runs work of the same name one after the other, in call order, that of different names side by side. Not re-entrant. */
export class Lines {
  readonly #lines = new Map<string, { readonly mutex: Mutex; waiting: number }>();

  /** Runs `work` after all earlier work of `name` has settled; resolves or rejects as it does. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(name) ?? { mutex: new Mutex(), waiting: 0 };
    this.#lines.set(name, line);
    line.waiting++;
    try {
      return await line.mutex.run(work);
    } finally {
      if (--line.waiting === 0) this.#lines.delete(name);
    }
  }
}
