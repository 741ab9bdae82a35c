import { Ewma, Fifo } from '../kit/index.ts';
import type { SimulatedSandbox } from './sandbox.ts';

/** The sandboxes and the queue of one function on the machine. */
export class FunctionState {
  /** Sandboxes that can take a request; the one used last at the end. */
  readonly free: SimulatedSandbox[] = [];
  /** Requests that no sandbox is bound to. */
  readonly queue: Fifo<number> = new Fifo();
  readonly service: Ewma = new Ewma(0.1);
  /** Sandboxes that serve something, that are on their way, all. */
  busy = 0;
  starting = 0;
  all = 0;
  /** When it is looked at next. */
  reconcileAt = Infinity;
  /** When a queue that does not move is looked at. */
  ageAt = Infinity;
}
