import type { TriggerCounts, TriggerPhase } from '../../contract/index.ts';
import type { EnqueueOutcome, EventEnded } from '../running.ts';

/** How an event is queued or found, and with what result it is counted. */
interface Counted<R> {
  readonly begin: (ended: EventEnded) => Promise<R>;
  readonly expected: R;
  readonly ended: EventEnded | undefined;
}

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
  /** Ids of queued events that have not ended. */
  readonly #pending = new Set<string>();

  /** @param onCount is told of all that is added */
  constructor(onCount: (phase: TriggerPhase, count: number) => void) {
    this.#onCount = onCount;
  }

  get counts(): TriggerCounts {
    return { ...this.#counts, running: this.#pending.size, held: 0 };
  }

  add(phase: TriggerPhase, count = 1): void {
    if (count === 0) return;
    this.#counts[phase] += count;
    this.#onCount(phase, count);
  }

  /** Counts an event that `enqueue` queues, from then to its end, unless it was queued before. Rejects with its error. */
  async queued(
    id: string,
    enqueue: (ended: EventEnded) => Promise<EnqueueOutcome>,
    ended?: EventEnded,
  ): Promise<EnqueueOutcome> {
    const outcome = await this.#untilEnd<EnqueueOutcome>(id, { begin: enqueue, expected: 'accepted', ended });
    if (outcome === 'accepted') this.add('received');
    return outcome;
  }

  /** The same for an event of an earlier daemon or run, if `follow` finds it. */
  followed(id: string, follow: (ended: EventEnded) => Promise<boolean>, ended: EventEnded): Promise<boolean> {
    return this.#untilEnd(id, { begin: follow, expected: true, ended });
  }

  /** Counts an event as pending if `begin` resolves to `expected`, until its end, which may come before. */
  async #untilEnd<R>(id: string, { begin, expected, ended }: Counted<R>): Promise<R> {
    let isEnded = false;
    const outcome = await begin((end) => {
      isEnded = true;
      this.#pending.delete(id);
      ended?.(end);
    });
    if (outcome === expected && !isEnded) this.#pending.add(id);
    return outcome;
  }
}
