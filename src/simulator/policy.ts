import type { Machine } from './machine.ts';
import type { Sandbox } from './sandbox.ts';

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

  attach(machine: Machine): void;
  /** A request came, before it is served. `busy`: sandboxes that serve others. */
  arrived(of: number, now: number): void;
  /** It is served. `busy`: sandboxes of the function that serve something now. */
  served?(of: number, busy: number, now: number): void;
  /** A sandbox has nothing to do. Returns its worth: when memory is short, the least goes first. */
  rested(sandbox: Sandbox, now: number): number;
  /**
   * Ends and starts what a function no longer or soon needs. Called after a sandbox came to rest and at the times asked for.
   * Returns when to be called again: Infinity for not before the next rest.
   */
  look(of: number, now: number): number;
  tick?(now: number): void;
  /** Sandboxes to end so that this much memory becomes free; none when all would not do. */
  evict(missingMiB: number, idle: Iterable<Sandbox>): readonly Sandbox[];
}
