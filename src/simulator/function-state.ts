import { Ewma, Fifo } from '../kit/index.ts';
import type { SimulatedSandbox } from './sandbox.ts';

/** The sandboxes and the queue of one function on the machine. */
export class FunctionState {
  /** Sandboxes that can take a request; most recently used last. */
  readonly free: SimulatedSandbox[] = [];
  /** Requests that are bound to no sandbox. */
  readonly queue: Fifo<number> = new Fifo();
  readonly service: Ewma = new Ewma(0.1);
  /** Number of sandboxes that are busy, that start, and of all. */
  busy = 0;
  starting = 0;
  all = 0;
  /** When its policy reconciles it next. */
  reconcileAt = Infinity;
  /** When a queue that does not move is pumped again. */
  ageAt = Infinity;
}
