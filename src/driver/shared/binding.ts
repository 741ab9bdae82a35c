import { lamError } from '../../errors/index.ts';
import { invariant } from '../../kit/index.ts';

/** State of a sandbox's code: only a living stem can be bound, and only once. */
export class Binding {
  #state: 'stem' | 'code' | 'ended';

  /** `madeAs`: without code (`stem`) or with it. */
  constructor(madeAs: 'stem' | 'code') {
    this.#state = madeAs;
  }

  /** Throws `LAM_DRIVER_START_FAILED` when the sandbox has ended, `LAM_INTERNAL_INVARIANT` when it has code. */
  begin(): void {
    if (this.#state === 'ended')
      throw lamError('LAM_DRIVER_START_FAILED', { function: '', reason: 'it ended before it got its code' });
    invariant(this.#state === 'stem', 'only a stem can be bound, once');
    this.#state = 'code';
  }

  /** Marks the sandbox as ended. */
  end(): void {
    this.#state = 'ended';
  }
}
