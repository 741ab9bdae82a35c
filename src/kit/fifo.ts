/**
 * A queue whose members can be removed before their turn. All operations but `drain` take constant time. A doubly
 * linked ring: `head.next` is the oldest value, `head.previous` the newest.
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

  /** Returns the oldest value without removing it. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#head.next.value;
  }

  /** Appends a value. The result removes it, and returns whether it was still queued. */
  push(value: T): () => boolean {
    const head = this.#head;
    const node: Node<T> = { value, previous: head.previous, next: head, queued: true };
    head.previous.next = node;
    head.previous = node;
    this.#size++;
    return () => this.#remove(node);
  }

  /** Removes and returns the oldest value. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const node = this.#head.next;
    this.#remove(node);
    return node.value;
  }

  /** Removes and returns all values, oldest first. */
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
    // Unlinked: a removed node in the old generation would otherwise keep its successors alive across scavenges.
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
