import { messageOf } from '../errors/index.ts';

/** Functions that are called for one kind of event. One that throws keeps none of the others from being called. */
export class Watchers<E> {
  readonly #listeners = new Set<(event: E) => void>();
  readonly #onTrouble: (what: string) => void;

  /** @param onTrouble called with a sentence when a listener throws */
  constructor(onTrouble: (what: string) => void) {
    this.#onTrouble = onTrouble;
  }

  /** Adds a listener. Returns a function that removes it. */
  add(listener: (event: E) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls all listeners, in the order in which they were added. */
  tell(event: E): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#onTrouble(`a change was not followed everywhere: ${messageOf(thrown)}`);
      }
    }
  }
}
