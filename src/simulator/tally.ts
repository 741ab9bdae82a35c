/** Actions of a policy and their cost. */
export interface Outcome {
  readonly policy: string;
  readonly invocations: number;
  /** Invocations whose sandbox was not ready on arrival. */
  readonly coldStarts: number;
  readonly coldShare: number;
  /** Those of them that were served from a stem. */
  readonly stemHits: number;
  /** Wait before the handler runs, of all invocations, ms. */
  readonly addedMs: {
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** The same over cold starts only. */
  readonly coldMs: { readonly p50: number; readonly p99: number };
  /** Memory held by idle sandboxes, stems included: GiB times seconds. */
  readonly idleGBs: number;
  /** The part of it that stems hold. */
  readonly stemGBs: number;
  /** Sandboxes started. */
  readonly starts: number;
  /** Sandboxes evicted for another. */
  readonly evictions: number;
  /** Sandboxes that were prewarmed, and those of them that served nothing. */
  readonly prewarms: number;
  readonly prewarmsWasted: number;
  /** Quantiles of the added latency: `[share, ms]`, ascending. */
  readonly cdf: readonly (readonly [number, number])[];
}

/** Counts while a simulation runs. */
export class Tally {
  readonly #waits: Float32Array;
  readonly #isCold: Uint8Array;
  served = 0;
  coldStarts = 0;
  stemHits = 0;
  starts = 0;
  evictions = 0;
  prewarms = 0;
  prewarmsWasted = 0;
  /** Integral of idle memory, MiB ms. */
  idle = 0;
  stemIdle = 0;

  constructor(invocations: number) {
    this.#waits = new Float32Array(invocations);
    this.#isCold = new Uint8Array(invocations);
  }

  answered(request: number, waitMs: number, isCold: boolean): void {
    this.#waits[request] = waitMs;
    this.served++;
    if (!isCold) return;
    this.#isCold[request] = 1;
    this.coldStarts++;
  }

  outcome(policy: string): Outcome {
    const waits = this.#waits.toSorted();
    const cold = this.#waits.filter((_, at) => this.#isCold[at] === 1).sort();
    let sum = 0;
    for (const wait of waits) sum += wait;
    return {
      policy,
      invocations: waits.length,
      coldStarts: this.coldStarts,
      coldShare: this.coldStarts / Math.max(1, waits.length),
      stemHits: this.stemHits,
      addedMs: {
        mean: round(sum / Math.max(1, waits.length)),
        p50: quantile(waits, 0.5),
        p99: quantile(waits, 0.99),
        p999: quantile(waits, 0.999),
        max: quantile(waits, 1),
      },
      coldMs: { p50: quantile(cold, 0.5), p99: quantile(cold, 0.99) },
      idleGBs: Math.round((this.idle + this.stemIdle) / 1024 / 1000),
      stemGBs: Math.round(this.stemIdle / 1024 / 1000),
      starts: this.starts,
      evictions: this.evictions,
      prewarms: this.prewarms,
      prewarmsWasted: this.prewarmsWasted,
      cdf: CDF_SHARES.map((share) => [share, quantile(waits, share)] as const),
    };
  }
}

/** Shares of the quantiles; dense in the last percents. */
const CDF_SHARES: readonly number[] = [
  ...Array.from({ length: 90 }, (_, i) => i / 100),
  ...Array.from({ length: 90 }, (_, i) => 0.9 + i / 1000),
  ...Array.from({ length: 101 }, (_, i) => 0.99 + i / 10_000),
].map((share) => Number(share.toFixed(5)));

/** Returns the quantile of a sorted list; 0 for an empty one. */
function quantile(sorted: Float32Array, share: number): number {
  return round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
