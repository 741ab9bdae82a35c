/** Ranges that a text names; earlier ones are left out. */
const MOST_RANGES = 8;

/**
 * Returns whole numbers in words, each with the prefix: `v1 to v4, v7`; the highest of them if they are many ranges.
 * Pure.
 */
export function numberRanges(numbers: readonly number[], prefix: string): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && number === open[1] + 1) open[1] = number;
    else ranges.push([number, number]);
  }
  const named = ranges.slice(-MOST_RANGES).map(([first, last]) => {
    if (first === last) return `${prefix}${first}`;
    return `${prefix}${first}${last === first + 1 ? ',' : ' to'} ${prefix}${last}`;
  });
  return `${ranges.length > MOST_RANGES ? '..., ' : ''}${named.join(', ')}`;
}
