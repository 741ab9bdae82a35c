/** Priority queue of events by time; first-in-first-out among equal times. */
export class EventHeap {
  #times: Float64Array = new Float64Array(1024);
  #orders: Float64Array = new Float64Array(1024);
  #events: Float64Array = new Float64Array(1024);
  #size = 0;
  #order = 0;

  get size(): number {
    return this.#size;
  }

  /** Time of the next event; Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Infinity : (this.#times[0] ?? Infinity);
  }

  /** @param event any whole number up to 2^53 */
  push(time: number, event: number): void {
    if (this.#size === this.#times.length) this.#grow();
    let at = this.#size++;
    const order = this.#order++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(parent, time, order)) break;
      this.#copy(parent, at);
      at = parent;
    }
    this.#set(at, time, order, event);
  }

  /** Removes and returns the next event; the heap must not be empty. */
  pop(): number {
    const event = this.#events[0] ?? 0;
    const last = --this.#size;
    const time = this.#times[last] ?? 0;
    const order = this.#orders[last] ?? 0;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && this.#isAfter(child, this.#times[child + 1] ?? 0, this.#orders[child + 1] ?? 0)) child++;
      if (this.#isAfter(child, time, order)) break;
      this.#copy(child, at);
      at = child;
    }
    this.#set(at, time, order, this.#events[last] ?? 0);
    return event;
  }

  #isAfter(at: number, time: number, order: number): boolean {
    const other = this.#times[at] ?? 0;
    return other > time || (other === time && (this.#orders[at] ?? 0) > order);
  }

  #copy(from: number, to: number): void {
    this.#set(to, this.#times[from] ?? 0, this.#orders[from] ?? 0, this.#events[from] ?? 0);
  }

  #set(at: number, time: number, order: number, event: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#events[at] = event;
  }

  #grow(): void {
    const grown = (array: Float64Array): Float64Array => {
      const twice = new Float64Array(array.length * 2);
      twice.set(array);
      return twice;
    };
    this.#times = grown(this.#times);
    this.#orders = grown(this.#orders);
    this.#events = grown(this.#events);
  }
}
