import type { ServerResponse } from 'node:http';

/** The `next` requests of one runtime that wait for an event, oldest first. */
export class Polls {
  readonly #open: ServerResponse[] = [];
  #most = Infinity;

  /** From now on at most so many wait. Beyond, the oldest is from a connection that the runtime has given up. */
  limit(most: number): void {
    this.#most = most;
    while (this.#open.length > most) this.#open.shift()?.destroy();
  }

  add(res: ServerResponse): void {
    this.#open.push(res);
    res.once('close', () => this.#remove(res));
    this.limit(this.#most);
  }

  /** The one that has waited longest; it waits no more. */
  take(): ServerResponse | undefined {
    return this.#open.shift();
  }

  #remove(res: ServerResponse): void {
    const at = this.#open.indexOf(res);
    if (at !== -1) this.#open.splice(at, 1);
  }
}
