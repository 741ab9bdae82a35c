/** The price when half of the memory is in use, and its bounds; docs/simulator.md says how they were chosen. */
const HALF_PRICE = 1;
const LEAST_PRICE = 0.4;
const MOST_PRICE = 10;
/** The price stays until it would be so many times as much, or as little. */
const STEP = 1.25;

/**
 * What a GiB is worth for a second, in milliseconds of waiting that one would rather cause than hold it: little while there
 * is plenty, more and more the less is left.
 * @param usedMiB what all sandboxes hold, with stems
 * @param before the last answer: it stays while it is nearly right, because what was reckoned with it stays right as well
 */
export function memoryPrice(usedMiB: number, budgetMiB: number, before?: number): number {
  const freeMiB = Math.max(budgetMiB - usedMiB, 1);
  const price = Math.min(MOST_PRICE, Math.max(LEAST_PRICE, (HALF_PRICE * Math.max(0, usedMiB)) / freeMiB));
  return before === undefined || price > before * STEP || price * STEP < before ? price : before;
}
