import type { FunctionName } from '../../../contract/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { KeptStates } from '../../kept-states.ts';

/** How often a function was invoked. Times in milliseconds since the epoch. */
export interface InvocationCount {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Counts of a busy function are written this often (ms), as Glambdar does; all of them when the daemon stops. */
const WRITE_MS = 30_000;

interface Counted {
  count: number;
  firstAt: number;
  lastAt: number;
  writtenAt: number;
}

/** How often functions were invoked through Glambdar's API. A killed daemon may lose what the last 30 s added. */
export class InvocationCounts {
  readonly #states: KeptStates;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #counts = new Map<FunctionName, Counted>();

  constructor(states: KeptStates, clock: Pick<Clock, 'now'>) {
    this.#states = states;
    this.#clock = clock;
  }

  /** Counts an invocation. */
  add(name: FunctionName): void {
    const now = this.#clock.now();
    const counted = this.#counted(name) ?? { count: 0, firstAt: now, lastAt: now, writtenAt: 0 };
    if (counted.count === 0) this.#counts.set(name, counted);
    counted.count++;
    counted.lastAt = now;
    if (now - counted.writtenAt >= WRITE_MS) this.#write(name, counted, now);
  }

  /** Count since a time, at which the function was made; undefined for none. One of a deleted namesake is dropped. */
  of(name: FunctionName, since: number): InvocationCount | undefined {
    const counted = this.#counted(name);
    if (counted === undefined || counted.firstAt >= since) return counted;
    this.forget(name);
    return undefined;
  }

  /** Drops the count of a function. */
  forget(name: FunctionName): void {
    this.#counts.delete(name);
    this.#keep(name, undefined);
  }

  /** Writes all counts that have not been written; for the end of the daemon. */
  flush(): void {
    const now = this.#clock.now();
    for (const [name, counted] of this.#counts) if (counted.lastAt > counted.writtenAt) this.#write(name, counted, now);
  }

  #counted(name: FunctionName): Counted | undefined {
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    const kept = this.#states.get(keyOf(name)) as InvocationCount | undefined;
    if (kept === undefined) return undefined;
    const counted = { ...kept, writtenAt: kept.lastAt };
    this.#counts.set(name, counted);
    return counted;
  }

  #write(name: FunctionName, counted: Counted, now: number): void {
    counted.writtenAt = now;
    const { count, firstAt, lastAt } = counted;
    this.#keep(name, { count, firstAt, lastAt });
  }

  #keep(name: FunctionName, count: InvocationCount | undefined): void {
    // A count that cannot be written is written with the next one.
    this.#states.set(keyOf(name), count).catch(() => undefined);
  }
}

function keyOf(name: FunctionName): string {
  return `glambdar:count:${name}`;
}
