import type { Palette } from '../../src/simulator/report/svg.ts';

/** Colours of contestants, lam's first, and of what holds its gate or does not; figures stand in columns. */
export const PALETTE: Palette = {
  series: ['blue', 'grey', 'orange', 'green', 'pink', 'yellow'],
  classes: {
    good: { fill: 'blue' },
    bad: { fill: 'orange' },
    gate: { stroke: 'ink' },
    mark: { fill: 'ink', stroke: 'ground' },
  },
  rules: '.num{font-variant-numeric:tabular-nums}',
};

/** Series that can be told apart by colour; further ones begin again. */
export const SERIES: number = PALETTE.series.length;
