import { element, FONT, svg, text, textWidth } from '../../src/simulator/report/svg.ts';
import { shareOfGate, type Outcome } from '../measure.ts';
import { figureText, gateText } from './format.ts';
import { PALETTE } from './palette.ts';

const ROW = 26;
const BAR = 14;
const TOP = 84;
const BOTTOM = 34;
const PAD = 20;
const BARS = 340;
/** The right end of the scale: longer bars are cut and marked. */
const MOST = 1.75;

/** Bars of the share of its gate that each measure uses: those that end left of the line pass. Pure. */
export function ratioPlot(outcomes: readonly Outcome[]): string {
  const shown = outcomes.filter((outcome) => outcome.figure !== null);
  const labels = Math.max(120, ...shown.map((o) => textWidth(o.title, FONT.small)));
  const values = Math.max(60, ...shown.map((o) => textWidth(remarkOf(o), FONT.small)));
  const left = PAD + labels + 12;
  const width = left + BARS + 14 + values + PAD;
  const height = TOP + shown.length * ROW + BOTTOM;
  const at = (share: number): number => left + (Math.min(share, MOST) / MOST) * BARS;
  const missed = shown.filter((outcome) => outcome.verdict === 'missed').length;
  const title = 'How much of its gate each measure uses';
  const body = [
    text(PAD, 34, title, { class: 'title' }),
    text(PAD, 54, 'Shorter is better; a bar that ends left of the line holds its gate. The diamond is the aim.', {
      class: 'faint small',
    }),
    ...[0.5, 1.5].map((share) => gridLine(at(share), `${share * 100} %`, height)),
    ...shown.flatMap((outcome, i) => bar(outcome, { y: TOP + i * ROW, left, at })),
    element('line', { class: 'gate', x1: at(1), x2: at(1), y1: TOP - 8, y2: height - BOTTOM + 6, 'stroke-width': 2 }),
    text(at(1), height - BOTTOM + 22, 'gate', { class: 'small', 'text-anchor': 'middle' }),
  ];
  const description = `${shown.length} measures, ${missed} of them beyond their gate. ${shown.map((o) => `${o.title}: ${valueOf(o)}`).join('. ')}.`;
  return svg({ width, height, title, description, body }, PALETTE);
}

function valueOf(outcome: Outcome): string {
  return `${figureText(outcome, outcome.figure ?? Number.NaN)}  (${gateText(outcome, outcome.gate)})`;
}

function remarkOf(outcome: Outcome): string {
  return outcome.verdict === 'holds' ? valueOf(outcome) : `${valueOf(outcome)} ${outcome.verdict}`;
}

function gridLine(x: number, label: string, height: number): string {
  const line = element('line', {
    class: 'grid',
    x1: x,
    x2: x,
    y1: TOP - 4,
    y2: height - BOTTOM + 6,
    'stroke-dasharray': '2 4',
  });
  return line + text(x, height - BOTTOM + 22, label, { class: 'faint small', 'text-anchor': 'middle' });
}

interface Place {
  readonly y: number;
  readonly left: number;
  readonly at: (share: number) => number;
}

function bar(outcome: Outcome, { y, left, at }: Place): string[] {
  const share = shareOfGate(outcome.figure ?? Number.NaN, outcome.gate);
  const aim = shareOfGate(outcome.gate.aim, outcome.gate);
  const middle = y + ROW / 2;
  const good = outcome.verdict === 'holds';
  // A share of nothing still shows that the measure is there.
  const length = Math.max(2, at(share) - left);
  return [
    text(left - 12, middle + 4, outcome.title, { class: 'small', 'text-anchor': 'end' }),
    element('rect', { class: good ? 'good' : 'bad', x: left, y: middle - BAR / 2, width: length, height: BAR, rx: 2 }),
    ...(share > MOST ? [cut(at(MOST), middle)] : []),
    ...(aim > 0 && aim <= MOST ? [diamond(at(aim), middle)] : []),
    text(at(MOST) + 14, middle + 4, remarkOf(outcome), { class: 'small num' }),
  ];
}

/** Two strokes through the end of a bar that goes on. */
function cut(x: number, y: number): string {
  return slash(x - 14, y) + slash(x - 9, y);
}

function slash(x: number, y: number): string {
  return element('polygon', {
    class: 'ground',
    points: `${x},${y + BAR / 2 + 1} ${x + 2.5},${y + BAR / 2 + 1} ${x + 6},${y - BAR / 2 - 1} ${x + 3.5},${y - BAR / 2 - 1}`,
  });
}

function diamond(x: number, y: number): string {
  return element('path', { class: 'mark', d: `M${x.toFixed(1)} ${y - 5}l4 5l-4 5l-4 -5z` });
}
