import { renameSync } from 'node:fs';

import type { VacatedPlace } from '../sandbox.ts';
import type { Place } from './isolation.ts';
import { removeTree } from './remove-tree.ts';

/** What is left of a process sandbox. */
export class VacatedProcess implements VacatedPlace {
  readonly #place: Place;
  /** Folder of the sandbox on the host; for a place with a user of its own a link to the folder of that. */
  readonly #folder: string;
  #isTaken = false;
  #discarded: Promise<void> | undefined;

  constructor(place: Place, folder: string) {
    this.#place = place;
    this.#folder = folder;
  }

  /** Returns a place with the same user and `/tmp`; undefined where places have neither, or it cannot be had again. */
  async again(): Promise<Place | undefined> {
    const place = await this.#place.again();
    if (place === undefined) return undefined;
    this.#isTaken = true;
    await removeTree(this.#folder);
    return place;
  }

  /** Makes its folder that of another sandbox. */
  moveTo(folder: string): void {
    renameSync(this.#folder, folder);
    this.#isTaken = true;
  }

  discard(): Promise<void> {
    this.#discarded ??= this.#isTaken ? Promise.resolve() : this.#discard();
    return this.#discarded;
  }

  async #discard(): Promise<void> {
    try {
      await this.#place.free();
      await removeTree(this.#folder);
    } catch {
      // The next daemon of the home removes what is left.
    }
  }
}
