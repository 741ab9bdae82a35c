/** The middle of the samples (mean of the two middle ones for an even count). */
export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Linear interpolation between the closest ranks; `q` from 0 to 1. NaN without samples. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * A 95 % interval of the `q` quantile by resampling, with a fixed seed so that the same samples give the same interval.
 * With one sample both ends are that sample.
 */
export function bootstrapInterval(samples: readonly number[], q = 0.5, rounds = 2000): readonly [number, number] {
  let seed = 0x2545f491;
  const random = (): number => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) / 0x1_0000_0000;
  };
  const resampled: number[] = [];
  for (let i = 0; i < rounds; i++) {
    resampled.push(
      quantile(
        samples.map(() => samples[Math.floor(random() * samples.length)] ?? Number.NaN),
        q,
      ),
    );
  }
  return [quantile(resampled, 0.025), quantile(resampled, 0.975)];
}

/** The quotients of two lists round by round, so that only samples taken at nearly the same time are compared. */
export function ratios(over: readonly number[], under: readonly number[]): number[] {
  return over.map((value, round) => value / (under[round] ?? Number.NaN));
}
