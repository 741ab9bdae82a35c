import { element, FONT, polyline, svg, text, textWidth } from '../../src/simulator/report/svg.ts';
import type { Curve } from '../row.ts';
import { PALETTE, SERIES } from './palette.ts';

const WIDTH = 760;
const HEIGHT = 420;
const FRAME = { left: 70, right: 30, top: 96, bottom: 56 } as const;
/** Percentiles named on the axis of nines. */
const NAMED = [0, 50, 90, 99, 99.9, 99.99];
const DASHES = ['', '6 4', '2 3', '10 3 2 3', '12 4', '4 6'];

/**
 * Latency over percentile, for all contestants of the open loop: an axis of nines, and a logarithmic one of
 * milliseconds. Pure.
 */
export function latencyPlot(curves: readonly Curve[], perSecond: number): string {
  const points = curves.flatMap((curve) => curve.points);
  const furthest = Math.max(1, ...points.map(([percentile]) => nines(percentile)));
  const [low, high] = decades(points.map(([, ms]) => ms));
  const x = (percentile: number): number =>
    FRAME.left + (nines(percentile) / furthest) * (WIDTH - FRAME.left - FRAME.right);
  const y = (ms: number): number =>
    HEIGHT - FRAME.bottom - ((Math.log10(ms) - low) / (high - low)) * (HEIGHT - FRAME.top - FRAME.bottom);
  const title = `Latency at ${perSecond} requests a second, open loop`;
  const body = [
    text(20, 34, title, { class: 'title' }),
    text(20, 54, 'Counted from when a request was due, so a pause is charged to all it held up. Lower is better.', {
      class: 'faint small',
    }),
    ...legend(curves),
    ...NAMED.filter((p) => nines(p) <= furthest + 1e-9).map((p) => column(x(p), p)),
    ...Array.from({ length: high - low + 1 }, (_, i) => low + i).map((decade) => line(y(10 ** decade), decade)),
    ...curves.map((curve, i) =>
      polyline(
        curve.points.map(([percentile, ms]) => [x(percentile), y(ms)] as const),
        {
          class: `s${i % SERIES}`,
          'stroke-width': 2.5,
          'stroke-linejoin': 'round',
          'stroke-dasharray': DASHES[i % DASHES.length] ?? '',
        },
      ),
    ),
    text((FRAME.left + WIDTH - FRAME.right) / 2, HEIGHT - 14, 'percentile', {
      class: 'faint small',
      'text-anchor': 'middle',
    }),
  ];
  return svg({ width: WIDTH, height: HEIGHT, title, description: describe(curves), body }, PALETTE);
}

/** 90 is one nine, 99 two. */
function nines(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

/** The whole powers of ten around all values, at least one apart. */
function decades(values: readonly number[]): readonly [number, number] {
  const logs = values.map((value) => Math.log10(value));
  const low = Math.floor(Math.min(0, ...logs) + 1e-9);
  return [low, Math.max(low + 1, Math.ceil(Math.max(0, ...logs) - 1e-9))];
}

function describe(curves: readonly Curve[]): string {
  return curves
    .map(({ name, points }) => {
      const p99 = points.find(([percentile]) => percentile === 99)?.[1];
      const p50 = points.find(([percentile]) => percentile === 50)?.[1];
      return `${name}: half within ${p50?.toFixed(2) ?? '?'} ms, 99 % within ${p99?.toFixed(2) ?? '?'} ms.`;
    })
    .join(' ');
}

function column(x: number, percentile: number): string {
  const grid = element('line', { class: 'grid', x1: x, x2: x, y1: FRAME.top, y2: HEIGHT - FRAME.bottom });
  return grid + text(x, HEIGHT - FRAME.bottom + 18, `${percentile}`, { class: 'faint small', 'text-anchor': 'middle' });
}

function line(y: number, decade: number): string {
  const grid = element('line', { class: 'grid', x1: FRAME.left, x2: WIDTH - FRAME.right, y1: y, y2: y });
  return (
    grid +
    text(FRAME.left - 8, y + 4, decade < 3 ? `${10 ** decade} ms` : `${10 ** (decade - 3)} s`, {
      class: 'faint small num',
      'text-anchor': 'end',
    })
  );
}

function legend(curves: readonly Curve[]): string[] {
  let x = 20;
  return curves.map(({ name }, i) => {
    const mark = element('line', {
      class: `s${i % SERIES}`,
      x1: x,
      x2: x + 28,
      y1: 76,
      y2: 76,
      'stroke-width': 2.5,
      'stroke-dasharray': DASHES[i % DASHES.length] ?? '',
    });
    const label = text(x + 34, 80, name, { class: 'small' });
    x += 34 + textWidth(name, FONT.small) + 20;
    return mark + label;
  });
}
