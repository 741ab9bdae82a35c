const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];
const MS = new Map(UNITS);

/** Parses `5m`, `1h30m` or `90s` (units d, h, m, s, ms, each once); returns milliseconds, or undefined for other texts. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:ms|[dhms]))+$/.test(text)) return undefined;
  let total = 0;
  const seen = new Set<string>();
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+)(ms|[dhms])/g)) {
    if (seen.has(unit)) return undefined;
    seen.add(unit);
    total += Number(amount) * (MS.get(unit) ?? Number.NaN);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Writes milliseconds as {@link parseDuration} reads them, in the largest units: `1h30m`. Zero is `0s`. */
export function durationText(ms: number): string {
  let rest = Math.round(ms);
  let text = '';
  for (const [unit, size] of UNITS) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) text += `${amount}${unit}`;
  }
  return text === '' ? '0s' : text;
}
