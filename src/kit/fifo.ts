/**
 * A first-in-first-out queue whose members can leave early, all in constant time.
 *
 * A doubly linked ring: `head.next` is the oldest, `head.previous` the newest.
 */
export class Fifo<T> {
  readonly #head: Node<T>;
  #size = 0;

  constructor() {
    const head = {} as Node<T>;
    head.next = head;
    head.previous = head;
    this.#head = head;
  }

  get size(): number {
    return this.#size;
  }

  /** The oldest value, left where it is. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#head.next.value;
  }

  /** Adds at the end; the returned function takes the value out again if it is still there. */
  push(value: T): () => boolean {
    const head = this.#head;
    const node: Node<T> = { value, previous: head.previous, next: head, queued: true };
    head.previous.next = node;
    head.previous = node;
    this.#size++;
    return () => this.#remove(node);
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const node = this.#head.next;
    this.#remove(node);
    return node.value;
  }

  /** Takes everything out, oldest first. */
  drain(): T[] {
    const all: T[] = [];
    for (let node = this.#head.next; node !== this.#head; node = this.#head.next) {
      this.#remove(node);
      all.push(node.value);
    }
    return all;
  }

  #remove(node: Node<T>): boolean {
    if (!node.queued) return false;
    node.queued = false;
    node.previous.next = node.next;
    node.next.previous = node.previous;
    // A node that left and still led to the next one would, once old itself, keep all that came after it from young collections.
    node.previous = node;
    node.next = node;
    this.#size--;
    return true;
  }
}

interface Node<T> {
  value: T;
  previous: Node<T>;
  next: Node<T>;
  queued: boolean;
}
