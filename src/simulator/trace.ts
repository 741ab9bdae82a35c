import { Random } from './random.ts';

/** A function of a trace. */
export interface TracedFunction {
  readonly name: string;
  readonly memoryMiB: number;
  /** Time to load its code in a booted sandbox. */
  readonly initMs: number;
}

/** Invocations in the order of their starts; times in milliseconds since the first. */
export interface Trace {
  readonly functions: readonly TracedFunction[];
  readonly starts: Float64Array;
  readonly durations: Float64Array;
  /** Index of each invocation's function. */
  readonly of: Uint32Array;
  /** Time at which the last one ends. */
  readonly horizonMs: number;
}

/** Collects invocations in any order. */
export class TraceBuilder {
  readonly #names: string[] = [];
  readonly #indexes: Map<string, number> = new Map();
  #starts: Float64Array = new Float64Array(1024);
  #durations: Float64Array = new Float64Array(1024);
  #of: Uint32Array = new Uint32Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param startMs on any clock, the same for all */
  add(name: string, startMs: number, durationMs: number): void {
    let index = this.#indexes.get(name);
    if (index === undefined) this.#indexes.set(name, (index = this.#names.push(name) - 1));
    if (this.#count === this.#of.length) this.#grow();
    this.#starts[this.#count] = startMs;
    this.#durations[this.#count] = durationMs;
    this.#of[this.#count++] = index;
  }

  /**
   * Returns the trace; it does not depend on the order of the additions.
   * @param describe returns memory and init of a function by its name
   */
  build(describe: (name: string) => Omit<TracedFunction, 'name'>): Trace {
    const byName = this.#names
      .map((_, at) => at)
      .sort((a, b) => ((this.#names[a] ?? '') < (this.#names[b] ?? '') ? -1 : 1));
    const rank = new Uint32Array(byName.length);
    for (const [at, index] of byName.entries()) rank[index] = at;
    const at = (array: Float64Array | Uint32Array, i: number): number => array[i] ?? 0;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i).sort(
      (a, b) =>
        at(this.#starts, a) - at(this.#starts, b) ||
        at(rank, at(this.#of, a)) - at(rank, at(this.#of, b)) ||
        at(this.#durations, a) - at(this.#durations, b),
    );
    const first = this.#count === 0 ? 0 : at(this.#starts, at(order, 0));
    const starts = Float64Array.from(order, (i) => at(this.#starts, i) - first);
    const durations = Float64Array.from(order, (i) => at(this.#durations, i));
    const of = Uint32Array.from(order, (i) => at(rank, at(this.#of, i)));
    let horizonMs = 0;
    for (const [i, start] of starts.entries()) horizonMs = Math.max(horizonMs, start + at(durations, i));
    const functions = byName.map((index) => {
      const name = this.#names[index] ?? '';
      return { name, ...describe(name) };
    });
    return { functions, starts, durations, of, horizonMs };
  }

  #grow(): void {
    const size = this.#of.length * 2;
    const starts = new Float64Array(size);
    starts.set(this.#starts);
    this.#starts = starts;
    const durations = new Float64Array(size);
    durations.set(this.#durations);
    this.#durations = durations;
    const of = new Uint32Array(size);
    of.set(this.#of);
    this.#of = of;
  }
}

/**
 * Guesses memory and init of a function for traces that lack them. Memory is log-normal around 180 MiB (5 % under 101,
 * 5 % over 320), as the 25 models fitted to the Azure 2019 applications in orcbench 0.1.4 have it. No distribution of
 * load times is published; a median of 60 ms and at most a hundred times as much is an assumption.
 */
export function guessFunction(seed: number, name: string): Omit<TracedFunction, 'name'> {
  const random = new Random(`${seed}/${name}`);
  return {
    memoryMiB: Math.round(Math.min(1024, Math.max(64, random.logNormal(180, 0.35)))),
    initMs: Math.round(Math.min(6000, Math.max(1, random.logNormal(60, 1)))),
  };
}
