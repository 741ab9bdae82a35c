import type { Palette } from './svg.ts';

/** A colour for every policy, in the order of the table. */
export const PALETTE: Palette = { series: ['grey', 'yellow', 'green', 'pink', 'orange', 'blue'] };
