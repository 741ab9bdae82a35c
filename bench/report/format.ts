import type { Gate, Outcome } from '../measure.ts';

/** Three significant digits, thousands apart. Pure. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toFixed(size === 0 ? 0 : digits);
}

/** A figure as it is compared with its gate: `2.41x`, or with its unit. Pure. */
export function figureText(outcome: Pick<Outcome, 'basis' | 'unit'>, value: number): string {
  return outcome.basis.kind === 'ratio' ? `${value.toFixed(2)}x` : `${number(value)} ${outcome.unit}`;
}

/** `<= 4x`, `>= 100,000 lines/s`. Pure. */
export function gateText(
  outcome: Pick<Outcome, 'basis' | 'unit'>,
  gate: Gate,
  which: 'value' | 'aim' = 'value',
): string {
  const value = gate[which];
  if (gate.sense === '<=' && value === 0) return `0 ${outcome.unit}`;
  if (outcome.basis.kind === 'absolute') return `${gate.sense} ${value.toLocaleString('en-US')} ${outcome.unit}`;
  const { allowance } = outcome.basis;
  return `${gate.sense} ${value}x${allowance === undefined ? '' : ` + ${allowance} ${outcome.unit}`}`;
}

/** Figure of a side with its unit; a dash without one. Pure. */
export function sideText(value: number | null, unit: string): string {
  return value === null ? '-' : `${number(value)} ${unit}`;
}
