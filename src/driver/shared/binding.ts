import { lamError } from '../../errors/index.ts';
import { invariant } from '../../kit/index.ts';

/** Whether a sandbox may still be given its code: a stem may, once, for as long as it lives. */
export class Binding {
  #state: 'stem' | 'code' | 'ended';

  /** What the sandbox was made as: without code, or with some. */
  constructor(madeAs: 'stem' | 'code') {
    this.#state = madeAs;
  }

  /** Throws `LAM_DRIVER_START_FAILED` when the sandbox has ended, `LAM_INTERNAL_INVARIANT` when it has code. */
  begin(): void {
    if (this.#state === 'ended')
      throw lamError('LAM_DRIVER_START_FAILED', { function: '', reason: 'it ended before it got its code' });
    invariant(this.#state === 'stem', 'only a stem is bound, and once');
    this.#state = 'code';
  }

  /** The sandbox has ended or is to. */
  end(): void {
    this.#state = 'ended';
  }
}
