import { bootstrapInterval, median, quantile, ratios } from './stats.ts';

/** Gate and aim of a measure, in the unit of its figure. */
export interface Gate {
  /** `<=`: the figure must stay below; `>=`: above. */
  readonly sense: '<=' | '>=';
  readonly value: number;
  readonly aim: number;
}

/** One line of the table. */
export interface Measure {
  /** Selects it; unique among all measures. */
  readonly id: string;
  readonly title: string;
  /** Unit of the samples of both sides. */
  readonly unit: string;
  /**
   * `ratio`: the figure is the median of the per-round quotients lam / floor; with an `allowance`, in `unit`, of what
   * remains of lam's samples without it, because its own work does not grow with the floor. `absolute`: it is the
   * quantile of lam's samples, in `unit`.
   */
  readonly basis:
    | { readonly kind: 'ratio'; readonly allowance?: number }
    | { readonly kind: 'absolute'; readonly quantile: number };
  /** Name of the floor, or null without one. */
  readonly floorName: string | null;
  readonly gate: Gate;
}

/** Samples of a measure, one a round. */
export interface Finding {
  readonly lam: readonly number[];
  readonly floor?: readonly number[];
  /** Other sides of the same rounds, by name. */
  readonly beside?: Readonly<Record<string, readonly number[]>>;
  /** Notes for the reader, one sentence each. */
  readonly notes?: readonly string[];
}

/** Verdict of a measure. `not run`: a requirement is missing. `failed`: it could not be measured. */
export type Verdict = 'holds' | 'missed' | 'not run' | 'failed';

/** A measure with its result: one line of the table and of the stored results. */
export interface Outcome extends Measure {
  readonly row: string;
  readonly verdict: Verdict;
  /** Why it was not run or failed. */
  readonly why?: string;
  /** The figure that the gate applies to; null without one. */
  readonly figure: number | null;
  /** 95 % bootstrap interval of the figure. */
  readonly interval: readonly [number, number] | null;
  /** Median (or the measure's quantile) of each side, in `unit`. */
  readonly lam: number | null;
  readonly floor: number | null;
  readonly beside: readonly { readonly name: string; readonly value: number; readonly ratio: number | null }[];
  readonly rounds: number;
  readonly notes: readonly string[];
  readonly samples: { readonly lam: readonly number[]; readonly floor: readonly number[] };
}

/** Whether a figure passes a gate; `slack` widens it by that factor. Pure. */
export function holds(figure: number, gate: Pick<Gate, 'sense' | 'value'>, slack = 1): boolean {
  return gate.sense === '<=' ? figure <= gate.value * slack : figure >= gate.value / slack;
}

/** Compares the samples with the gate. Pure. NaN is a failure, not a pass. */
export function judge(row: string, measure: Measure, finding: Finding): Outcome {
  const { lam, floor = [], beside = {}, notes = [] } = finding;
  const at = measure.basis.kind === 'absolute' ? measure.basis.quantile : 0.5;
  const figures = figuresOf(measure.basis, lam, floor);
  const figure = quantile(figures, at);
  const isNumber = Number.isFinite(figure);
  return {
    ...measure,
    row,
    verdict: !isNumber ? 'failed' : holds(figure, measure.gate) ? 'holds' : 'missed',
    ...(isNumber ? {} : { why: 'no figure came out of the samples' }),
    figure: isNumber ? figure : null,
    interval: isNumber ? bootstrapInterval(figures, at) : null,
    lam: lam.length === 0 ? null : quantile(lam, at),
    floor: floor.length === 0 ? null : quantile(floor, at),
    beside: Object.entries(beside).map(([name, samples]) => {
      const ratio = median(ratios(samples, floor));
      return { name, value: quantile(samples, at), ratio: Number.isFinite(ratio) ? ratio : null };
    }),
    rounds: lam.length,
    notes,
    samples: { lam: lam.map(rounded), floor: floor.map(rounded) },
  };
}

function figuresOf(basis: Measure['basis'], lam: readonly number[], floor: readonly number[]): readonly number[] {
  if (basis.kind === 'absolute') return lam;
  const { allowance = 0 } = basis;
  return ratios(
    lam.map((sample) => Math.max(0, sample - allowance)),
    floor,
  );
}

/** A measure without figures. Pure. */
export function withoutFigure(row: string, measure: Measure, verdict: 'not run' | 'failed', why: string): Outcome {
  return {
    ...measure,
    row,
    verdict,
    why,
    figure: null,
    interval: null,
    lam: null,
    floor: null,
    beside: [],
    rounds: 0,
    notes: [],
    samples: { lam: [], floor: [] },
  };
}

/** The share of its gate that a figure uses: at most 1 passes. Infinite if a figure that must be 0 is not. Pure. */
export function shareOfGate(figure: number, gate: Pick<Gate, 'sense' | 'value'>): number {
  if (gate.sense === '>=') return gate.value / figure;
  if (gate.value === 0) return figure === 0 ? 0 : Number.POSITIVE_INFINITY;
  return figure / gate.value;
}

/** Six digits exceed the accuracy of any sample. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
