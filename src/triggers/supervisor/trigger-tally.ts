import type { TriggerCounts, TriggerPhase } from '../../contract/index.ts';
import type { EnqueueOutcome, EventEnded } from '../running.ts';

/** What a trigger did since the daemon started it, over all its runs. */
export class TriggerTally {
  readonly #onCount: (phase: TriggerPhase, count: number) => void;
  readonly #counts: Record<TriggerPhase, number> = {
    received: 0,
    filtered: 0,
    refused: 0,
    succeeded: 0,
    failed: 0,
    retried: 0,
    dead: 0,
  };
  /** Queued events that have not ended. */
  #pending = 0;

  /** @param onCount is told of all that is added */
  constructor(onCount: (phase: TriggerPhase, count: number) => void) {
    this.#onCount = onCount;
  }

  get counts(): TriggerCounts {
    return { ...this.#counts, running: this.#pending, held: 0 };
  }

  add(phase: TriggerPhase, count = 1): void {
    if (count === 0) return;
    this.#counts[phase] += count;
    this.#onCount(phase, count);
  }

  /** Counts an event that `enqueue` queues, from then to its end, unless it was queued before. Rejects with its error. */
  async queued(enqueue: (ended: EventEnded) => Promise<EnqueueOutcome>, ended?: EventEnded): Promise<EnqueueOutcome> {
    const outcome = await this.#untilEnd(enqueue, 'accepted', ended);
    if (outcome === 'accepted') this.add('received');
    return outcome;
  }

  /** The same for an event of an earlier daemon, if `follow` finds it. */
  followed(follow: (ended: EventEnded) => Promise<boolean>, ended: EventEnded): Promise<boolean> {
    return this.#untilEnd(follow, true, ended);
  }

  /** Counts an event as pending if `begin` resolves to `expected`, until its end, which may come before. */
  async #untilEnd<R>(begin: (ended: EventEnded) => Promise<R>, expected: R, ended?: EventEnded): Promise<R> {
    let counted = 0;
    let isEnded = false;
    const outcome = await begin((end) => {
      isEnded = true;
      this.#pending -= counted;
      ended?.(end);
    });
    if (outcome === expected && !isEnded) this.#pending += counted = 1;
    return outcome;
  }
}
