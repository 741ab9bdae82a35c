/** Three significant digits, with separators of thousands. Pure. */
export function number(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** `4.43 %`. Pure. */
export function percent(share: number): string {
  return `${number(share * 100)} %`;
}

/** `0.61x`, or a dash for a missing divisor. Pure. */
export function ratio(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(2)}x`;
}
