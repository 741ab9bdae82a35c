export { systemClock, sleep, type Clock, type EpochMs, type MonotonicMs } from './clock.ts';
export { Ewma } from './ewma.ts';
export { Fifo } from './fifo.ts';
export { invariant } from './invariant.ts';
export { nearest } from './nearest.ts';
export { element, escaped, FONT, polyline, svg, text, textWidth, type Palette } from './svg.ts';
