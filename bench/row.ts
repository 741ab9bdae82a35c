import type { Finding, Measure } from './measure.ts';
import type { Scene } from './scene.ts';

/** A latency distribution: percentile (0 to 100) and milliseconds, ascending. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [percentile: number, ms: number])[];
}

/** Result of a row. */
export interface RowResult {
  /** By the measure's id; one for each measure of the row. */
  readonly findings: Readonly<Record<string, Finding>>;
  /** For the latency plot. */
  readonly curves?: readonly Curve[];
}

/** Measures of the same samples, and how to take them. */
export interface Row {
  /** Selects it on the command line. */
  readonly id: string;
  readonly group: string;
  readonly measures: readonly Measure[];
  /** Throws {@link NotRun} if a requirement is missing. */
  readonly run: (scene: Scene) => Promise<RowResult>;
}

/** A requirement of a row is missing on this machine. The message names it and how to install it. */
export class NotRun extends Error {
  override readonly name = 'NotRun';
}
