import type { ServerResponse } from 'node:http';

/** Open `next` requests of one runtime, oldest first. */
export class Polls {
  readonly #open: ServerResponse[] = [];
  #most = Infinity;

  /** Sets the maximum of open polls. Beyond it the oldest belongs to a connection that the runtime has abandoned. */
  limit(most: number): void {
    this.#most = most;
    while (this.#open.length > most) this.#open.shift()?.destroy();
  }

  add(res: ServerResponse): void {
    this.#open.push(res);
    res.once('close', () => this.#remove(res));
    this.limit(this.#most);
  }

  /** Removes and returns the oldest poll. */
  take(): ServerResponse | undefined {
    return this.#open.shift();
  }

  #remove(res: ServerResponse): void {
    const at = this.#open.indexOf(res);
    if (at !== -1) this.#open.splice(at, 1);
  }
}
