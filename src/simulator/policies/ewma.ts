import { EwmaPredictor } from '../../pool/policy/index.ts';
import { PlainPolicy } from './plain-policy.ts';

const TICK_MS = 30_000;
const KEEP_MS = 600_000;
/** Capacity of the channel of idle containers, and requests that one container serves at once. */
const CHANNEL = 10;
const SHARED = 10;

/** State of one function. */
interface Watched {
  readonly predictor: EwmaPredictor;
  count: number;
}

/**
 * Glambdar's pool: a channel of ten containers per function, each shared by up to ten requests, round robin. Every 30 s
 * the head is removed if it was not used for ten minutes, and as many are started as the moving average predicts, at
 * least one for each function that was ever called. Glambdar has no memory limit; here it has the same as the others:
 * at the limit the least recently used is evicted and nothing is prewarmed.
 */
export class EwmaKeep extends PlainPolicy {
  readonly name = 'ewma';
  override readonly reuse = 'in-turn';
  override readonly mostFree = CHANNEL;
  override readonly tickMs = TICK_MS;
  readonly #watched: Map<number, Watched> = new Map();

  /** @param perSandbox requests one container serves at once */
  constructor(perSandbox: number = SHARED) {
    super(perSandbox);
  }

  arrived(of: number): void {
    const watched = this.#watched.get(of);
    if (watched === undefined) this.#watched.set(of, { predictor: new EwmaPredictor(), count: 1 });
    else watched.count++;
  }

  tick(now: number): void {
    for (const [of, watched] of this.#watched) {
      this.#reap(of, now);
      const wanted = watched.predictor.tick(watched.count);
      watched.count = 0;
      const there = this.machine.free(of).length;
      for (let more = Math.min(wanted, CHANNEL) - there; more > 0; more--) if (!this.machine.startAhead(of)) break;
    }
  }

  /** Ends containers from the head up to the first that was used recently, which moves to the end. */
  #reap(of: number, now: number): void {
    for (;;) {
      const head = this.machine.free(of)[0];
      if (head === undefined) return;
      if (head.active > 0 || now - head.idleSince <= KEEP_MS) {
        this.machine.rotate(of);
        return;
      }
      this.machine.end(head);
    }
  }
}
