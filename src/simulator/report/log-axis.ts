/** A logarithmic axis: position of a value (px), and its ticks. */
export interface LogAxis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 5] as const;
const MOST_TICKS = 8;

/**
 * Creates an axis for `values` between two positions (px); values of 0 and below are at its lower end. Pure.
 * @param from position of the least value
 */
export function logAxis(values: readonly number[], from: number, to: number): LogAxis {
  const positive = values.filter((value) => value > 0);
  const low = positive.length === 0 ? 1 : Math.min(...positive) / 1.4;
  const high = Math.max(...positive, low * 4) * 1.4;
  const at = (value: number): number => {
    const inside = Math.min(high, Math.max(low, value));
    return from + ((to - from) * Math.log(inside / low)) / Math.log(high / low);
  };
  const within = (steps: readonly number[]): readonly number[] => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
      for (const step of steps) {
        const tick = Number(`${step}e${power}`);
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    return ticks;
  };
  const fine = within(STEPS);
  return { at, ticks: fine.length <= MOST_TICKS ? fine : within([1]) };
}
