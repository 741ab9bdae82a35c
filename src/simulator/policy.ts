import type { SimulatedSandbox } from './sandbox.ts';
import type { Trace } from './trace.ts';

/** The machine, as used by a policy. `of`: index of a function in the trace. */
export interface PolicyMachine {
  readonly trace: Trace;
  /** Memory of all sandboxes, stems included, MiB. */
  readonly heldMiB: number;
  /** Bound of {@link heldMiB}. */
  readonly budgetMiB: number;
  /**
   * Sandboxes of a function that can serve a request; the least recently used first, if the policy reuses the newest.
   */
  free(of: number): readonly SimulatedSandbox[];
  /** Number of busy sandboxes of a function. */
  busy(of: number): number;
  /** Number of all sandboxes of a function, starting ones included. */
  all(of: number): number;
  /** Duration of a cold start without a stem, ms. */
  coldMs(of: number): number;
  memoryMiB(of: number): number;
  /** Starts a sandbox before it is needed, if memory for it is free. Returns whether it did. */
  startAhead(of: number): boolean;
  /** Moves the free sandbox that would serve next behind the others of its function. */
  rotate(of: number): void;
  /** Ends an idle sandbox. */
  end(sandbox: SimulatedSandbox): void;
  /** Calls {@link Policy.reconcile} for a function now. */
  reconcileNow(of: number): void;
}

/** The decisions in which the systems differ. Times are virtual (ms). */
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
  /** Interval of calls of {@link Policy.tick} (ms); 0 for never. */
  readonly tickMs: number;

  attach(machine: PolicyMachine): void;
  /** Called when a request has arrived, before it is served. */
  arrived(of: number, now: number): void;
  /** Called when a request is served. `busy`: number of the function's busy sandboxes. */
  served?(of: number, busy: number, now: number): void;
  /** Called when a sandbox becomes idle. Returns its priority: when memory is short, the lowest is evicted first. */
  becameIdle(sandbox: SimulatedSandbox, now: number): number;
  /**
   * Ends sandboxes that a function no longer needs and starts those it will. Called when a sandbox becomes idle, and at
   * the time that the previous call returned; Infinity for not before the next sandbox becomes idle.
   */
  reconcile(of: number, now: number): number;
  tick?(now: number): void;
  /** Chooses sandboxes to evict so that this much memory becomes free; none if all together do not suffice. */
  evict(missingMiB: number, idle: Iterable<SimulatedSandbox>): readonly SimulatedSandbox[];
}
