import type { PolicyMachine } from '../policy.ts';
import { PlainPolicy } from './plain-policy.ts';

const MINUTE_MS = 60_000;
/** Four hours in bins of a minute. */
const BINS = 240;
const HEAD = 0.05;
const TAIL = 0.99;
/** The margins on both sides. */
const EARLY = 0.9;
const LATE = 1.1;
/** Keep-alive where the histogram is not representative (ms). */
const FALLBACK_MS = 7_200_000;
/** A histogram counts as not representative when its variance is larger than this multiple of the mean. */
const MOST_DISPERSION = 2;

/** Histogram of one function's gaps. */
class Gaps {
  readonly bins: Uint32Array = new Uint32Array(BINS);
  count = 0;
  mean = 0;
  #squares = 0;
  last = -Infinity;
  prewarmMs = 0;
  keepMs: number = FALLBACK_MS;

  arrived(now: number): void {
    const minute = Math.floor((now - this.last) / MINUTE_MS);
    this.last = now;
    if (minute >= BINS) return;
    this.bins[minute] = (this.bins[minute] ?? 0) + 1;
    this.count++;
    const off = minute - this.mean;
    this.mean += off / this.count;
    this.#squares += off * (minute - this.mean);
    this.#decide();
  }

  #decide(): void {
    this.prewarmMs = 0;
    this.keepMs = FALLBACK_MS;
    if (this.count < 2 || (this.mean > 0 && this.#squares / this.count / this.mean > MOST_DISPERSION)) return;
    this.prewarmMs = Math.max(0, this.#binAt(HEAD) - 1) * MINUTE_MS * EARLY;
    this.keepMs = Math.min(BINS, this.#binAt(TAIL) + 1) * MINUTE_MS * LATE;
  }

  /** Returns the first bin up to which more than this share lies. */
  #binAt(share: number): number {
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) {
      sum += this.bins[bin] ?? 0;
      if (sum > share * this.count) return bin;
    }
    return BINS;
  }
}

/**
 * The hybrid histogram of Azure Functions (Shahrad et al., ATC'20), with the parameters of FaasCache's simulator: gaps
 * in bins of a minute up to four hours; unloaded until 0.9 of their 5th percentile, then kept until 1.1 of the 99th;
 * for two hours if they are too scattered. Without the forecast for gaps beyond the range.
 */
export class HistogramKeep extends PlainPolicy {
  readonly name = 'histogram';
  #gaps: readonly Gaps[] = [];

  override attach(machine: PolicyMachine): void {
    super.attach(machine);
    this.#gaps = machine.trace.functions.map(() => new Gaps());
  }

  arrived(of: number, now: number): void {
    this.#of(of).arrived(now);
  }

  override reconcile(of: number, now: number): number {
    const machine = this.machine;
    const { last, prewarmMs, keepMs } = this.#of(of);
    const from = last + prewarmMs;
    const until = last + keepMs;
    if (now >= until || (prewarmMs > 0 && now < from)) {
      for (const sandbox of [...machine.free(of)]) if (sandbox.active === 0) machine.end(sandbox);
      return now < from ? from : Infinity;
    }
    if (prewarmMs > 0 && machine.all(of) === 0) machine.startAhead(of);
    return until;
  }

  #of(of: number): Gaps {
    return this.#gaps[of] as Gaps;
  }
}
