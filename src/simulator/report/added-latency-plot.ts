import { element, FONT, polyline, svg, text, textWidth } from './svg.ts';
import type { Simulation } from '../simulation.ts';
import { number, percent } from './format.ts';
import { logAxis } from './log-axis.ts';
import { PALETTE } from './palette.ts';

const PLOT = 560;
const HEIGHT = 440;
const LEFT = 76;
const TOP = 76;
const BOTTOM = 62;
const LEGEND_LINE = 22;
const TITLE = 'Time that is added to invocations';
/** Lower end of the axis: shorter waits count as zero. */
const LEAST_MS = 1;
const DASHES = ['none', '2 3', '7 3', '9 3 2 3', '5 2', 'none'] as const;

/**
 * Plots the cumulative distribution of the added latency, a line per policy. Higher and further left is better. Pure.
 */
export function addedLatencyPlot({ outcomes }: Simulation): string {
  const most = Math.max(LEAST_MS * 10, ...outcomes.flatMap(({ cdf }) => cdf.map(([, ms]) => ms)));
  const right = LEFT + PLOT;
  const legendX = right + 24;
  const width = legendX + 36 + Math.max(...outcomes.map(({ policy }) => textWidth(policy, FONT.body))) + 20;
  const across = logAxis([LEAST_MS, most], LEFT, right);
  const least = Math.floor(Math.min(0.9, ...outcomes.map(({ cdf }) => shareWithin(cdf, LEAST_MS))) * 10) / 10;
  const up = (share: number): number => HEIGHT - BOTTOM - ((share - least) / (1 - least)) * (HEIGHT - BOTTOM - TOP);
  const shares = Array.from({ length: 6 }, (_, i) => least + ((1 - least) * i) / 5);
  const body = [
    text(20, 34, TITLE, { class: 'title' }),
    text(
      20,
      54,
      `Share of invocations that waited at most so long; the axis begins at ${number(LEAST_MS)} ms. Higher is better.`,
      {
        class: 'faint small',
      },
    ),
    ...across.ticks.flatMap((tick) => [
      element('line', { class: 'grid', x1: across.at(tick), x2: across.at(tick), y1: TOP, y2: HEIGHT - BOTTOM }),
      text(across.at(tick), HEIGHT - BOTTOM + 18, number(tick), { 'text-anchor': 'middle', class: 'small' }),
    ]),
    ...shares.flatMap((share) => [
      element('line', { class: 'grid', x1: LEFT, x2: right, y1: up(share), y2: up(share) }),
      text(LEFT - 8, up(share) + 4, percent(share), { 'text-anchor': 'end', class: 'small' }),
    ]),
    text((LEFT + right) / 2, HEIGHT - 20, 'added before the handler runs, ms', {
      'text-anchor': 'middle',
      class: 'faint',
    }),
    ...outcomes.flatMap(({ policy, cdf }, i) => {
      const style = {
        class: `s${i}`,
        'stroke-width': policy === 'lam' ? 3 : 1.8,
        'stroke-dasharray': DASHES[i % DASHES.length] ?? 'none',
      };
      const within = shareWithin(cdf, LEAST_MS);
      const later = cdf.filter(([share, ms]) => ms > LEAST_MS && share >= within);
      const points = steps([[within, LEAST_MS], ...later]);
      const y = TOP + 12 + i * LEGEND_LINE;
      return [
        polyline(
          points.map(([ms, share]) => [across.at(ms), up(share)]),
          style,
        ),
        element('line', { x1: legendX, x2: legendX + 28, y1: y, y2: y, ...style }),
        text(legendX + 36, y + 4.5, policy),
      ];
    }),
  ];
  const description = outcomes
    .map(
      ({ policy, cdf, addedMs }) =>
        `${policy}: ${percent(shareWithin(cdf, LEAST_MS))} wait no more than ${LEAST_MS} ms, p99 ${number(addedMs.p99)} ms.`,
    )
    .join(' ');
  return svg({ width, height: HEIGHT, title: TITLE, description, body }, PALETTE);
}

/** Turns points into a step function. Pure. */
function steps(
  cdf: readonly (readonly [share: number, ms: number])[],
): readonly (readonly [ms: number, share: number])[] {
  return cdf.flatMap(([share, ms], i) => [[ms, cdf[i - 1]?.[0] ?? share] as const, [ms, share] as const]);
}

/** Returns the share of invocations that waited at most so long, by the known quantiles. */
function shareWithin(cdf: readonly (readonly [share: number, ms: number])[], ms: number): number {
  return cdf.findLast(([, at]) => at <= ms)?.[0] ?? 0;
}
