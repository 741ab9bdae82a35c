import type { SimulatedSandbox } from './sandbox.ts';
import type { Trace } from './trace.ts';

/** What a policy may ask of the machine and do on it. `of`: the index of a function in the trace. */
export interface PolicyMachine {
  readonly trace: Trace;
  /** Memory of all sandboxes, stems included, MiB. */
  readonly heldMiB: number;
  /** Bound of {@link heldMiB}. */
  readonly budgetMiB: number;
  /** Sandboxes of a function that can take a request; the least recently used first, as far as its policy reuses the newest. */
  free(of: number): readonly SimulatedSandbox[];
  /** Number of sandboxes of a function that serve something. */
  busy(of: number): number;
  /** Number of all its sandboxes, those that start included. */
  all(of: number): number;
  /** Duration of a cold start without a stem, ms. */
  coldMs(of: number): number;
  memoryMiB(of: number): number;
  /** Starts a sandbox before it is needed, if there is free memory for it. Returns whether. */
  startAhead(of: number): boolean;
  /** Moves the free sandbox that would serve next behind the others of its function. */
  rotate(of: number): void;
  /** Ends a sandbox that serves nothing. */
  end(sandbox: SimulatedSandbox): void;
  /** Calls {@link Policy.reconcile} for a function now. */
  reconcileNow(of: number): void;
}

/** The decisions that systems differ in. Times are the machine's, in ms. */
export interface Policy {
  readonly name: string;
  /** Requests that one sandbox serves at once. */
  readonly perSandbox: number;
  /** Which free sandbox serves next: the most recently used, or each in turn. */
  readonly reuse: 'newest' | 'in-turn';
  /** Most free sandboxes of a function; further ones are ended. */
  readonly mostFree: number;
  /** Early: a request waits for the sandbox that was started for it. Late: it takes whichever is free first. */
  readonly binding: 'early' | 'late';
  /** Whether it uses stems. */
  readonly stems?: boolean;
  /** How often {@link Policy.tick} is called, ms; 0: never. */
  readonly tickMs: number;

  attach(machine: PolicyMachine): void;
  /** A request arrived and is not served yet. */
  arrived(of: number, now: number): void;
  /** A request is served. `busy`: number of the function's busy sandboxes. */
  served?(of: number, busy: number, now: number): void;
  /** A sandbox became idle. Returns its priority: when memory is short, the lowest is evicted first. */
  becameIdle(sandbox: SimulatedSandbox, now: number): number;
  /**
   * Ends sandboxes that a function no longer needs and starts those it will. Called when a sandbox becomes idle, and at the time
   * that the last call returned; Infinity for not before the next one becomes idle.
   */
  reconcile(of: number, now: number): number;
  tick?(now: number): void;
  /** Chooses sandboxes to evict so that this much memory becomes free; none when all together are not enough. */
  evict(missingMiB: number, idle: Iterable<SimulatedSandbox>): readonly SimulatedSandbox[];
}
