import type { SimulatedSandbox } from './sandbox.ts';
import type { Trace } from './trace.ts';

/** What a policy may ask of the machine and do on it. `of`: the index of a function in the trace. */
export interface PolicyMachine {
  readonly trace: Trace;
  /** Memory of all sandboxes, stems included, MiB. */
  readonly heldMiB: number;
  /** Bound of the same, MiB. */
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

/** What one kind of runtime decides. Time is the machine's; all in ms. */
export interface Policy {
  readonly name: string;
  /** Requests that one sandbox serves at once. */
  readonly perSandbox: number;
  /** Which free sandbox serves next: the one used last, or each in turn. */
  readonly reuse: 'newest' | 'in-turn';
  /** Most sandboxes of a function that may wait for requests; one more is ended. */
  readonly mostFree: number;
  /** A request waits for the sandbox that was started for it, or takes whichever is free first. */
  readonly binding: 'early' | 'late';
  /** How many stems there should be; absent: it knows none. */
  readonly stems?: boolean;
  /** How often {@link Policy.tick} is called, ms; 0: never. */
  readonly tickMs: number;

  attach(machine: PolicyMachine): void;
  /** A request came, before it is served. `busy`: sandboxes that serve others. */
  arrived(of: number, now: number): void;
  /** It is served. `busy`: sandboxes of the function that serve something now. */
  served?(of: number, busy: number, now: number): void;
  /** A sandbox has nothing to do. Returns its worth: when memory is short, the least goes first. */
  becameIdle(sandbox: SimulatedSandbox, now: number): number;
  /**
   * Ends and starts what a function no longer or soon needs. Called after a sandbox came to rest and at the times asked for.
   * Returns when to be called again: Infinity for not before the next rest.
   */
  reconcile(of: number, now: number): number;
  tick?(now: number): void;
  /** Sandboxes to end so that this much memory becomes free; none when all would not do. */
  evict(missingMiB: number, idle: Iterable<SimulatedSandbox>): readonly SimulatedSandbox[];
}
