import { element, FONT, svg, text, textWidth } from '../../src/simulator/report/svg.ts';
import { number } from './format.ts';
import { PALETTE, SERIES } from './palette.ts';

/** Answers per second of one contestant. */
export interface Throughput {
  readonly name: string;
  readonly perSecond: number;
}

const ROW = 40;
const BAR = 24;
const TOP = 76;
const PAD = 20;
const BARS = 440;

/** One bar per contestant, from 0 to the fastest. Pure. */
export function throughputPlot(all: readonly Throughput[]): string {
  const most = Math.max(...all.map(({ perSecond }) => perSecond));
  const left = PAD + Math.max(80, ...all.map(({ name }) => textWidth(name, FONT.body))) + 12;
  const width = left + BARS + 110;
  const height = TOP + all.length * ROW + 16;
  const title = 'Throughput at 64 connections, a log line a call';
  const body = [
    text(PAD, 34, title, { class: 'title' }),
    text(PAD, 54, 'Requests a second, generator on the same machine. Longer is better.', { class: 'faint small' }),
    element('line', { class: 'grid', x1: left, x2: left, y1: TOP - 6, y2: height - 16 }),
    ...all.flatMap(({ name, perSecond }, i) => {
      const middle = TOP + i * ROW + ROW / 2;
      const length = Math.max(2, (perSecond / most) * BARS);
      return [
        text(left - 12, middle + 4.5, name, { 'text-anchor': 'end' }),
        element('rect', { class: `f${i % SERIES}`, x: left, y: middle - BAR / 2, width: length, height: BAR, rx: 2 }),
        text(left + length + 8, middle + 4.5, number(perSecond), { class: 'num' }),
      ];
    }),
  ];
  const description = all.map(({ name, perSecond }) => `${name}: ${number(perSecond)} requests a second.`).join(' ');
  return svg({ width, height, title, description, body }, PALETTE);
}
