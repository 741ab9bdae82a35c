import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { isLamError } from '../../../src/errors/index.ts';
import {
  readAzureTrace,
  POLICY_NAMES,
  simulate,
  syntheticTrace,
  writeReport,
  type Simulation,
} from '../../../src/simulator/index.ts';
import { addedLatencyPlot } from '../../../src/simulator/report/added-latency-plot.ts';
import { logAxis } from '../../../src/simulator/report/log-axis.ts';
import { markdownReport } from '../../../src/simulator/report/markdown.ts';
import { scatterPlot } from '../../../src/simulator/report/scatter-plot.ts';

const MACHINE = { memoryMiB: 4096, cores: 4, bootMs: 250, stemMs: 10, stemMiB: 128 };
const folder = mkdtempSync(join(tmpdir(), 'lam-simulator-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const trace = syntheticTrace({ seed: 5, functions: 60, days: 1, invocations: 3000 });
const told: (readonly [string, number])[] = [];
const scenario = { policies: POLICY_NAMES, machine: MACHINE, concurrency: 1, isSweep: true };
const simulation = await simulate(trace, 'a <made-up> trace', scenario, (policy, share) => told.push([policy, share]));

describe('a simulation', () => {
  test('lists the policies in the order of the table and compares lam', () => {
    deepEqual(
      simulation.outcomes.map(({ policy }) => policy),
      POLICY_NAMES,
    );
    const [fixed] = simulation.outcomes;
    const lam = simulation.outcomes.at(-1);
    const [against] = simulation.comparisons;
    equal(against?.policy, 'fixed');
    equal(against.coldShare, Math.round(((lam?.coldShare ?? 0) / (fixed?.coldShare ?? 1)) * 1e4) / 1e4);
    equal(told.filter(([, share]) => share === 1).length, POLICY_NAMES.length + simulation.sweep.length);
  });

  test('keeps less idle memory at a higher price', () => {
    const idle = simulation.sweep.map((point) => point.idleGBs);
    ok((idle.at(-1) ?? 0) < 0.7 * (idle[0] ?? 0), idle.join(' '));
  });

  test('refuses a machine too small for the largest function, and an empty trace', async () => {
    const small = simulate(trace, 'x', { ...scenario, machine: { ...MACHINE, memoryMiB: 130 } }, () => undefined);
    await small.then(
      () => ok(false),
      (error: unknown) => ok(isLamError(error) && error.code === 'LAM_SIMULATOR_MEMORY_TOO_SMALL', String(error)),
    );
    const nothing = { ...trace, of: new Uint32Array() };
    await simulate(nothing, 'it', scenario, () => undefined).then(
      () => ok(false),
      (error: unknown) => ok(isLamError(error) && error.code === 'LAM_SIMULATOR_TRACE_EMPTY', String(error)),
    );
  });
});

/** Texts of a plot with their estimated extent (px), rather too wide. */
function textsOf(
  plot: string,
): readonly { readonly content: string; readonly from: number; readonly to: number; readonly y: number }[] {
  return [...plot.matchAll(/<text x="([\d.-]+)" y="([\d.-]+)"([^>]*)>([^<]*)</g)].map(
    ([, x, y, rest = '', content = '']) => {
      const [, size = 13] =
        [['title', 17] as const, ['small', 11.5] as const].find(([word]) => rest.includes(word)) ?? [];
      const width = content.length * size * 0.58;
      const [, part = 0] =
        [['end', 1] as const, ['middle', 0.5] as const].find(([word]) => rest.includes(`"${word}"`)) ?? [];
      return { content, from: Number(x) - part * width, to: Number(x) + (1 - part) * width, y: Number(y) };
    },
  );
}

function pointsOf(plot: string): readonly (readonly number[])[] {
  const lines = [...plot.matchAll(/points="([^"]+)"/g)].map(([, points = '']) => points.split(' '));
  return lines.flat().map((point) => point.split(',').map(Number));
}

describe('the plots', () => {
  const plots = { scatter: scatterPlot(simulation), added: addedLatencyPlot(simulation) };

  for (const [name, plot] of Object.entries(plots)) {
    const [, width = 0, height = 0] = (/width="([\d.]+)" height="([\d.]+)"/.exec(plot) ?? []).map(Number);

    test(`${name}: all texts are on the sheet, each policy is named, dark pages have colours`, () => {
      const texts = textsOf(plot);
      for (const { content, from, to, y } of texts)
        ok(from >= 0 && to <= width && y > 10 && y <= height, `'${content}' at ${from},${y}`);
      for (const policy of POLICY_NAMES) equal(texts.filter(({ content }) => content === policy).length, 1, policy);
      match(plot, /prefers-color-scheme:dark/);
    });

    test(`${name}: all points are on the sheet`, () => {
      const points = pointsOf(plot);
      ok(points.length > 5);
      for (const [x = -1, y = -1] of points) ok(x >= 0 && x <= width && y >= 0 && y <= height, `${x},${y}`);
    });
  }

  test('labels of points that lie close do not cover each other', () => {
    const [one] = simulation.outcomes;
    ok(one !== undefined);
    const outcomes = POLICY_NAMES.map((policy) => ({ ...one, policy }));
    const texts = textsOf(scatterPlot({ ...simulation, outcomes, sweep: [] }));
    const heights = texts.filter(({ content }) => POLICY_NAMES.some((name) => name === content)).map(({ y }) => y);
    equal(heights.length, POLICY_NAMES.length);
    const sorted = heights.toSorted((a, b) => a - b);
    ok(
      sorted.every((y, at) => at === 0 || y - (sorted[at - 1] ?? 0) >= 14),
      sorted.join(' '),
    );
  });

  test('an axis covers all values and has ticks', () => {
    const { at, ticks } = logAxis([0, 3, 40_000], 0, 100);
    deepEqual([at(0), at(3) > 0, at(40_000) < 100], [0, true, true]);
    deepEqual(ticks, [10, 100, 1000, 10_000]);
    ok(logAxis([], 0, 100).ticks.length > 0);
  });
});

describe('the report', () => {
  test('is four files that replace earlier ones', () => {
    const out = join(folder, 'a', 'b');
    for (const _ of [1, 2]) writeReport(out, simulation);
    deepEqual(readdirSync(out).toSorted(), ['added-latency.svg', 'scatter.svg', 'simulation.json', 'simulation.md']);
    deepEqual(JSON.parse(readFileSync(join(out, 'simulation.json'), 'utf8')) as Simulation, simulation);
    equal(readFileSync(join(out, 'simulation.md'), 'utf8'), markdownReport(simulation));
    match(markdownReport(simulation), /^\| lam \|/m);
  });

  test('leaves nothing behind if it cannot be written', () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'here first');
    throws(
      () => writeReport(file, simulation),
      (error: unknown) => isLamError(error) && error.code === 'LAM_SIMULATOR_REPORT_NOT_WRITABLE',
    );
    equal(readFileSync(file, 'utf8'), 'here first');
  });
});

describe('a trace in a file', () => {
  const HEAD = 'app,func,end_timestamp,duration';
  const written = (text: string): string => {
    const file = join(folder, 'trace.csv');
    writeFileSync(file, text);
    return file;
  };

  test('is read in any order and with any line ends', async () => {
    const read = await readAzureTrace(written(`\uFEFF${HEAD}\r\na,f,12.5,0.5\r\na,g,11,1\r\n\r\nb,f,13,0\r\n`), 1);
    deepEqual(
      read.functions.map(({ name }) => name),
      ['a/f', 'a/g', 'b/f'],
    );
    deepEqual([...read.starts], [0, 2000, 3000]);
    deepEqual([...read.durations], [1000, 500, 0]);
    deepEqual([...read.of], [1, 0, 2]);
  });

  const BAD: readonly (readonly [why: string, text: string, line: number, says: RegExp])[] = [
    ['no heading', 'a,f,1,1\n', 1, /'a,f,1,1' stands where/],
    ['too few fields', `${HEAD}\na,f,1,1\na,f,1\n`, 3, /3 fields instead of 4/],
    ['no app', `${HEAD}\n,f,1,1\n`, 2, /its app is empty/],
    ['an end that is no number', `${HEAD}\na,f,noon,1\n`, 2, /end_timestamp 'noon'/],
    ['no end', `${HEAD}\na,f,,1\n`, 2, /end_timestamp ''/],
    ['a negative duration', `${HEAD}\na,f,1,-1\n`, 2, /duration '-1'/],
  ];
  for (const [why, text, line, says] of BAD) {
    test(`is refused with the line: ${why}`, async () => {
      const error = await readAzureTrace(written(text), 1).catch((thrown: unknown) => thrown);
      ok(isLamError(error) && error.code === 'LAM_SIMULATOR_TRACE_MALFORMED', String(error));
      match(error.message, new RegExp(`in line ${line}: `));
      match(error.message, says);
    });
  }

  test('is refused when it is empty, missing or a folder', async () => {
    const codes = await Promise.all(
      [written(`${HEAD}\n`), join(folder, 'absent.csv'), folder].map((file) =>
        readAzureTrace(file, 1).then(
          () => 'read',
          (error: unknown) => (isLamError(error) ? error.code : String(error)),
        ),
      ),
    );
    deepEqual(codes, ['LAM_SIMULATOR_TRACE_EMPTY', 'LAM_SIMULATOR_TRACE_UNREADABLE', 'LAM_SIMULATOR_TRACE_UNREADABLE']);
  });
});
