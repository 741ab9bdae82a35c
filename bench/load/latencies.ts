import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Upper bound of a latency: one minute (ns). */
const HIGHEST = 60e9;
/** Significant digits kept. */
const FIGURES = 3;

/** An HDR histogram of nanoseconds. */
export function histogramOf(latencies: readonly number[]): RecordableHistogram {
  const histogram = createHistogram({ lowest: 1, highest: HIGHEST, figures: FIGURES });
  for (const ns of latencies) histogram.record(Math.min(HIGHEST, Math.max(1, Math.round(ns))));
  return histogram;
}

/** All of several rounds in one. */
export function merged(histograms: readonly RecordableHistogram[]): RecordableHistogram {
  const sum = histogramOf([]);
  for (const histogram of histograms) sum.add(histogram);
  return sum;
}

/** Milliseconds at a percentile, 0 to 100. NaN when nothing was recorded. */
export function percentileMs(histogram: RecordableHistogram, percentile: number): number {
  return histogram.count === 0 ? Number.NaN : histogram.percentile(percentile) / 1e6;
}

/** Percentiles of the latency plot: evenly spaced on its axis of nines. */
const PLOTTED = [
  1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 93, 95, 97, 98, 99, 99.3, 99.5, 99.7, 99.9, 99.95, 99.99,
];

/** Points of a latency curve, as far out as the count supports: the last percentile leaves out at least one sample. */
export function curvePoints(histogram: RecordableHistogram): readonly (readonly [percentile: number, ms: number])[] {
  return PLOTTED.filter((p) => (histogram.count * (100 - p)) / 100 > 1 - 1e-9).map(
    (p) => [p, percentileMs(histogram, p)] as const,
  );
}
