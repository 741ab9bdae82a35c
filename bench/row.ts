import type { Finding, Measure } from './measure.ts';
import type { Scene } from './scene.ts';

/** A latency distribution: percentile (0 to 100) and milliseconds, ascending. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [percentile: number, ms: number])[];
}

/** What running a row gives. */
export interface RowResult {
  /** By the measure's id; one for each measure of the row. */
  readonly findings: Readonly<Record<string, Finding>>;
  /** For the latency plot. */
  readonly curves?: readonly Curve[];
}

/** Measures that come out of the same samples, and how to get them. */
export interface Row {
  /** Selects it on the command line. */
  readonly id: string;
  readonly group: string;
  readonly measures: readonly Measure[];
  /** Throws {@link NotRun} when something it needs is not here. */
  readonly run: (scene: Scene) => Promise<RowResult>;
}

/** Something a row needs is not on this machine. The message says what, and how to get it. */
export class NotRun extends Error {
  override readonly name = 'NotRun';
}
