// Runs jobs side by side and prints the output of one at a time. Plain JavaScript for Node 20.

/**
 * Runs `jobs` side by side while the sum of their widths is at most `places`. Wider ones start first, as they take longest;
 * where none fits, the first starts with as many places as are left. `runOne` gets a job and its places. Resolves with the
 * results of `runOne`, in the order of `jobs`; those that had not started when `signal` aborted are left out.
 */
export async function sideBySide(jobs, { places, widthOf, signal, runOne }) {
  const waiting = jobs.toSorted((a, b) => widthOf(b) - widthOf(a));
  const running = new Map();
  const results = new Map();
  let free = places;
  const startNext = () => {
    if (signal.aborted || free === 0 || waiting.length === 0) return false;
    const job = waiting.find((each) => widthOf(each) <= free) ?? waiting[0];
    waiting.splice(waiting.indexOf(job), 1);
    const taken = Math.min(widthOf(job), free);
    free -= taken;
    const ended = runOne(job, taken).then((result) => {
      results.set(job, result);
      free += taken;
      running.delete(job);
    });
    running.set(job, ended);
    return true;
  };
  for (;;) {
    while (startNext());
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  return jobs.filter((job) => results.has(job)).map((job) => results.get(job));
}

/**
 * Shows the output of several jobs: that of one as it arrives, that of the others when it is their turn, so that lines of
 * different jobs never mix. `print` gets lines.
 */
export class Turns {
  #print;
  #order;
  /** Jobs that are open or have something to print, with what waits. */
  #waiting = new Map();
  #current;

  constructor(order, print) {
    this.#order = order;
    this.#print = print;
  }

  /** The output of `job`, which must be ended. */
  open(job) {
    const output = { lines: [], ended: false };
    this.#waiting.set(job, output);
    // Of jobs that open together, the first in order has its turn, not the first to open.
    queueMicrotask(() => this.#advance());
    return {
      line: (text) => {
        if (this.#current === job) this.#print(text);
        else output.lines.push(text);
      },
      end: () => {
        output.ended = true;
        if (this.#current === job) this.#finish(job);
      },
    };
  }

  #finish(job) {
    this.#waiting.delete(job);
    this.#current = undefined;
    this.#advance();
  }

  /** If no job has its turn, gives it to the first open one. */
  #advance() {
    if (this.#current !== undefined) return;
    const next = this.#order.find((job) => this.#waiting.has(job));
    if (next === undefined) return;
    this.#current = next;
    const { lines, ended } = this.#waiting.get(next);
    for (const text of lines.splice(0)) this.#print(text);
    if (ended) this.#finish(next);
  }
}
