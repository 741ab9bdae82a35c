import { Ewma, Fifo } from '../kit/index.ts';
import type { SimulatedSandbox } from './sandbox.ts';

/** The sandboxes and the queue of one function on the machine. */
export class FunctionState {
  /** Sandboxes that can serve a request; most recently used last. */
  readonly free: SimulatedSandbox[] = [];
  /** Requests not bound to a sandbox. */
  readonly queue: Fifo<number> = new Fifo();
  readonly service: Ewma = new Ewma(0.1);
  /** Numbers of busy sandboxes, of starting ones, and of all. */
  busy = 0;
  starting = 0;
  all = 0;
  /** Time of the next reconciliation by its policy. */
  reconcileAt = Infinity;
  /** Time at which a stalled queue is pumped again. */
  ageAt = Infinity;
}
