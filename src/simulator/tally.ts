/** What a policy did and what it cost. */
export interface Outcome {
  readonly policy: string;
  readonly invocations: number;
  /** Invocations whose sandbox was not ready when they came. */
  readonly coldStarts: number;
  readonly coldShare: number;
  /** Those of them that had a stem. */
  readonly stemHits: number;
  /** Wait before the handler runs, over all invocations, ms. */
  readonly addedMs: {
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** The same over cold starts only. */
  readonly coldMs: { readonly p50: number; readonly p99: number };
  /** Memory held by sandboxes that serve nothing, stems included: GiB times seconds. */
  readonly idleGBs: number;
  /** The part of it that stems hold. */
  readonly stemGBs: number;
  /** Sandboxes started, for whatever reason. */
  readonly starts: number;
  /** Sandboxes ended because the memory was needed for another. */
  readonly evictions: number;
  /** Sandboxes started before they were asked for, and those of them that nobody used. */
  readonly prewarms: number;
  readonly prewarmsWasted: number;
  /** Added latency at which the share of invocations is reached that stands beside it: `[share, ms]`, ascending. */
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
  /** MiB times ms. */
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

/** Dense where it is interesting: the last percents. */
const CDF_SHARES: readonly number[] = [
  ...Array.from({ length: 90 }, (_, i) => i / 100),
  ...Array.from({ length: 90 }, (_, i) => 0.9 + i / 1000),
  ...Array.from({ length: 101 }, (_, i) => 0.99 + i / 10_000),
].map((share) => Number(share.toFixed(5)));

/** The smallest that at least this share is not above; 0 of none. */
function quantile(sorted: Float32Array, share: number): number {
  return round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
