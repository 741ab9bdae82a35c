import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge, withoutFigure, type Measure, type Outcome } from '../../../bench/measure.ts';
import { figureText, gateText, number } from '../../../bench/report/format.ts';
import { latencyPlot } from '../../../bench/report/latency-plot.ts';
import { ratioPlot } from '../../../bench/report/ratio-plot.ts';
import { resultFiles, type Results } from '../../../bench/report/results.ts';
import { markdownTable, plainTable, remarks, summary } from '../../../bench/report/table.ts';
import { throughputPlot } from '../../../bench/report/throughput-plot.ts';
import { textWidth } from '../../../src/simulator/report/svg.ts';

const measure: Measure = {
  id: 'c64',
  title: 'throughput <fast> | "64"',
  unit: 'requests/s',
  basis: { kind: 'ratio' },
  floorName: 'static',
  gate: { sense: '>=', value: 0.5, aim: 1 },
};
const good = judge('r', measure, { lam: [40_000], floor: [50_000], beside: { peer: [100] }, notes: ['pinned'] });
const bad = judge('r', { ...measure, id: 'other' }, { lam: [1000], floor: [50_000] });
const absent = withoutFigure('r', { ...measure, title: 'with Docker' }, 'not run', 'no engine answers');
const machine = { cpu: 'a chip', cores: 2, node: 'v0', platform: 'p', loadBefore: 0, loadAfter: 0, stolenPercent: 0 };
const results: Results = {
  machine,
  isQuick: false,
  outcomes: [good, bad, absent],
  curves: [
    {
      name: 'lam',
      points: [
        [50, 0.2],
        [99, 1.5],
      ],
    },
  ],
};

/** Throws unless every element is closed in turn; gives the names of all. */
function parsed(text: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, closing, name = '', rest = ''] of text.matchAll(/<(\/?)([a-z]+)((?:[^<>"]|"[^"]*")*)>/g)) {
    if (closing === '/') equal(open.pop(), name);
    else {
      names.push(name);
      if (!rest.endsWith('/')) open.push(name);
    }
  }
  deepEqual(open, []);
  return names;
}

/** Every number an attribute of place or size has. */
function places(text: string): number[] {
  return [...text.matchAll(/ (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"/g)].map(([, value]) => Number(value));
}

describe('numbers in the report', () => {
  test('three digits are significant, and thousands are separated', () => {
    deepEqual([27_612.4, 250.4, 25.04, 2.504, 0.0254, 0, Number.NaN].map(number), [
      '27,612',
      '250',
      '25.0',
      '2.50',
      '0.025',
      '0',
      '-',
    ]);
  });

  test('a ratio has its sign, a time its unit, and nothing at all is plain', () => {
    equal(figureText(good, 0.8), '0.80x');
    equal(gateText(good, good.gate), '>= 0.5x');
    equal(gateText({ basis: { kind: 'ratio', allowance: 5 }, unit: 'ms' }, good.gate), '>= 0.5x + 5 ms');
    const absolute = { basis: { kind: 'absolute', quantile: 1 }, unit: 'requests' } as const;
    equal(figureText(absolute, 3), '3.00 requests');
    equal(gateText(absolute, { sense: '<=', value: 0, aim: 0 }), '0 requests');
    equal(gateText(absolute, { sense: '>=', value: 100_000, aim: 200_000 }, 'aim'), '>= 200,000 requests');
  });
});

describe('tables', () => {
  test('the terminal gets columns that line up', () => {
    const lines = plainTable([good, bad, absent]).trimEnd().split('\n');
    const column = lines[0]?.indexOf('verdict') ?? -1;
    deepEqual(
      lines.map((line) => line.slice(column)),
      ['verdict', 'holds', 'MISSED', 'not run'],
    );
  });

  test('Markdown has the same number of cells in every row, for any text', () => {
    const rows = markdownTable([good, bad, absent]).trimEnd().split('\n');
    equal(rows.length, 5);
    for (const row of rows) equal(row.replaceAll('\\|', '').split('|').length, 9);
  });

  test('a measure without a figure has a reason, and others of the rounds are named', () => {
    const said = remarks([good, absent]).join('\n');
    match(said, /pinned; peer 100 requests\/s \(0\.00x the floor\)/);
    match(said, /with Docker: not run: no engine answers/);
  });

  test('the reason why a row could not be run is printed once, for any number of measures', () => {
    const { length } = remarks([absent, { ...absent, id: 'second' }, { ...absent, id: 'third', row: 'other' }]);
    equal(length, 2);
  });

  test('the summary counts every verdict', () => {
    equal(summary([good, bad, absent]), '1 of 3 gates hold, 1 missed, 1 not run');
  });
});

describe('plots', () => {
  const plots: Readonly<Record<string, string>> = {
    ratios: ratioPlot([good, bad, absent]),
    latency: latencyPlot(results.curves, 500),
    throughput: throughputPlot([
      { name: 'a & b', perSecond: 100 },
      { name: 'lam', perSecond: 40_000 },
    ]),
  };

  for (const [name, text] of Object.entries(plots)) {
    test(`${name}: well-formed, described in words, for light and dark`, () => {
      const names = parsed(text);
      ok(names.includes('title') && names.includes('desc'));
      match(text, /role="img" aria-labelledby="title description"/);
      match(text, /prefers-color-scheme:dark/);
      ok(!text.includes('NaN') && !text.includes('undefined') && !text.includes('Infinity'));
    });

    test(`${name}: nothing begins outside the sheet`, () => {
      const [width = 0, height = 0] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(text)?.slice(1).map(Number) ?? [];
      for (const place of places(text)) ok(place >= 0 && place <= Math.max(width, height), `${place}`);
    });
  }

  test('a bar that passes ends left of the gate, one that misses does not, and a skipped measure has none', () => {
    const gate = Number(/class="gate" x1="([\d.]+)"/.exec(plots['ratios'] ?? '')?.[1]);
    const bars = [...(plots['ratios'] ?? '').matchAll(/class="(good|bad)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)];
    deepEqual(
      bars.map(([, kind, x, width]) => [kind, Number(x) + Number(width) <= gate]),
      [
        ['good', true],
        ['bad', false],
      ],
    );
  });

  test('longer texts make a wider sheet, so that none is cut off', () => {
    const longer = ratioPlot([{ ...good, title: 'x'.repeat(120) } satisfies Outcome]);
    const width = Number(/viewBox="0 0 ([\d.]+)/.exec(longer)?.[1]);
    ok(width > textWidth('x'.repeat(120), 11.5) + 340);
  });
});

describe('files of a run', () => {
  test('are JSON that can be read back, a page, and the plots of the measured figures', () => {
    const files = resultFiles(results, 500);
    deepEqual(Object.keys(files).toSorted(), [
      'gates.svg',
      'latency.svg',
      'latest.json',
      'latest.md',
      'throughput.svg',
    ]);
    equal((JSON.parse(files['latest.json'] ?? '') as Results).outcomes.length, 3);
    for (const name of Object.keys(files).filter((file) => file.endsWith('.svg')))
      match(files['latest.md'] ?? '', new RegExp(`\\(${name}\\)`));
  });

  test('a run that measured nothing has no plots', () => {
    deepEqual(Object.keys(resultFiles({ ...results, outcomes: [absent], curves: [] }, 500)), [
      'latest.json',
      'latest.md',
    ]);
  });

  test('the page names what makes its figures doubtful', () => {
    const doubtful =
      resultFiles({ ...results, isQuick: true, machine: { ...machine, loadBefore: 3 } }, 500)['latest.md'] ?? '';
    match(doubtful, /warning: the machine was busy/);
    match(doubtful, /warning: a quick run/);
  });
});
