import { element, FONT, polyline, svg, text, textWidth } from './svg.ts';
import type { Simulation } from '../simulation.ts';
import { number, percent } from './format.ts';
import { logAxis } from './log-axis.ts';
import { PALETTE } from './palette.ts';

const WIDTH = 760;
const HEIGHT = 500;
const LEFT = 76;
const RIGHT = 30;
const TOP = 96;
const BOTTOM = 62;
const LINE = 15;
const TITLE = 'Cold starts against memory held idle';

/** A labelled point. */
interface Mark {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly colour: number;
}

/**
 * Plots the share of cold starts against idle memory, a point per policy; lam at each price of a sweep as a line. Lower
 * left is better. Pure.
 */
export function scatterPlot({ outcomes, sweep }: Simulation): string {
  const all = [...outcomes, ...sweep];
  const across = logAxis(
    all.map(({ idleGBs }) => idleGBs),
    LEFT,
    WIDTH - RIGHT,
  );
  const up = logAxis(
    all.map(({ coldShare }) => coldShare * 100),
    HEIGHT - BOTTOM,
    TOP,
  );
  const lam = outcomes.findIndex(({ policy }) => policy === 'lam');
  const marks = outcomes.map(({ policy, idleGBs, coldShare }, colour) => ({
    name: policy,
    x: across.at(idleGBs),
    y: up.at(coldShare * 100),
    colour,
  }));
  const curve = sweep.map(({ idleGBs, coldShare }) => [across.at(idleGBs), up.at(coldShare * 100)] as const);
  const colour = Math.max(lam, 0);
  const body = [
    text(20, 34, TITLE, { class: 'title' }),
    text(
      20,
      54,
      `Both axes logarithmic. Nearer to the lower left is better.${sweep.length > 0 ? ' The line: lam at other prices of memory.' : ''}`,
      {
        class: 'faint small',
      },
    ),
    ...across.ticks.flatMap((tick) => [
      element('line', { class: 'grid', x1: across.at(tick), x2: across.at(tick), y1: TOP, y2: HEIGHT - BOTTOM }),
      text(across.at(tick), HEIGHT - BOTTOM + 18, number(tick), { 'text-anchor': 'middle', class: 'small' }),
    ]),
    ...up.ticks.flatMap((tick) => [
      element('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: up.at(tick), y2: up.at(tick) }),
      text(LEFT - 8, up.at(tick) + 4, `${number(tick)} %`, { 'text-anchor': 'end', class: 'small' }),
    ]),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 20, 'memory held idle, GB-s', {
      'text-anchor': 'middle',
      class: 'faint',
    }),
    text(20, TOP - 14, 'cold share', { class: 'faint small' }),
    ...(curve.length > 0
      ? [polyline(curve, { class: `s${colour}`, 'stroke-width': 1.5, 'stroke-dasharray': '4 3' })]
      : []),
    ...curve.map(([cx, cy]) => element('circle', { class: `f${colour}`, cx, cy, r: 2.5 })),
    ...marks.map(({ x, y, colour: mine }) => element('circle', { class: `f${mine}`, cx: x, cy: y, r: 6 })),
    ...labels(marks),
  ];
  const description = outcomes
    .map(({ policy, coldShare, idleGBs }) => `${policy}: ${percent(coldShare)} cold, ${number(idleGBs)} GB-s idle.`)
    .join(' ');
  return svg({ width: WIDTH, height: HEIGHT, title: TITLE, description, body }, PALETTE);
}

/** Places labels beside their points without overlaps. */
function labels(marks: readonly Mark[]): readonly string[] {
  const taken: { readonly from: number; readonly to: number; readonly y: number }[] = [];
  return marks
    .toSorted((a, b) => a.y - b.y)
    .map(({ name, x, y }) => {
      const width = textWidth(name, FONT.body);
      const isLeft = x + 11 + width > WIDTH - RIGHT;
      const from = isLeft ? x - 11 - width : x + 11;
      let at = y + 4.5;
      for (const other of taken)
        if (from < other.to && other.from < from + width && at < other.y + LINE) at = other.y + LINE;
      taken.push({ from, to: from + width, y: at });
      return text(isLeft ? x - 11 : x + 11, at, name, isLeft ? { 'text-anchor': 'end' } : {});
    });
}
