/** Room for the events that the daemon keeps for the subscribers of one sandbox (bytes). */
export class Room {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Takes room for an event; returns false, and takes none, where there is not enough. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** Gives room back that was taken. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}
