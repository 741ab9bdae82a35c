import type { AsyncState, FunctionName, RequestId } from '../../contract/index.ts';
import type { EpochMs } from '../../kit/index.ts';

/** One transaction: its time, and what it changes that watchers are told of if it is committed. */
export class Batch {
  readonly now: EpochMs;
  readonly ready = new Set<FunctionName>();
  readonly finished: { readonly id: RequestId; readonly state: AsyncState }[] = [];

  constructor(now: EpochMs) {
    this.now = now;
  }
}
