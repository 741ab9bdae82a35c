import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { warnings } from '../machine.ts';
import type { Outcome } from '../measure.ts';
import type { Curve } from '../row.ts';
import { latencyPlot } from './latency-plot.ts';
import { ratioPlot } from './ratio-plot.ts';
import { markdownTable, remarks, summary } from './table.ts';
import { throughputPlot, type Throughput } from './throughput-plot.ts';

/** All results of a run. */
export interface Results {
  readonly machine: Machine;
  readonly isQuick: boolean;
  readonly outcomes: readonly Outcome[];
  readonly curves: readonly Curve[];
}

/** The files of a run by name: JSON, a page in Markdown, and the plots there are figures for. Pure. */
export function resultFiles(results: Results, openLoopPerSecond: number): Readonly<Record<string, string>> {
  const { outcomes, curves } = results;
  const throughput = throughputOf(outcomes);
  const plots: Record<string, string> = {};
  if (outcomes.some((outcome) => outcome.figure !== null)) plots['gates.svg'] = ratioPlot(outcomes);
  if (curves.length > 0) plots['latency.svg'] = latencyPlot(curves, openLoopPerSecond);
  if (throughput.length > 0) plots['throughput.svg'] = throughputPlot(throughput);
  return {
    'latest.json': `${JSON.stringify(results, undefined, 2)}\n`,
    'latest.md': page(results, Object.keys(plots)),
    ...plots,
  };
}

/** Writes them to `folder`, which is made. */
export async function writeResults(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content)));
}

/** The machine, and what makes the figures doubtful, one line each. Pure. */
export function circumstances({ machine, isQuick }: Pick<Results, 'machine' | 'isQuick'>): readonly string[] {
  const stolen = machine.stolenPercent === null ? '' : `, ${machine.stolenPercent.toFixed(1)} % stolen by the host`;
  return [
    `${machine.cores} x ${machine.cpu}, Node ${machine.node}, load ${machine.loadBefore.toFixed(2)} before${stolen}`,
    ...warnings(machine).map((warning) => `warning: ${warning}`),
    ...(isQuick ? ['warning: a quick run; its few rounds say whether rows work, not how fast lam is'] : []),
  ];
}

function page(results: Results, plots: readonly string[]): string {
  const { outcomes } = results;
  const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}\n`).join('');
  return [
    '# What was measured last\n',
    `${summary(outcomes)}.\n`,
    list(circumstances(results)),
    "A figure is the median of the quotients lam / floor of interleaved rounds (`x`), or of lam's own samples; in brackets its 95 % bootstrap interval.\n",
    markdownTable(outcomes),
    list(remarks(outcomes)),
    ...plots.map((name) => `![${ALT[name] ?? name}](${name})\n`),
  ].join('\n');
}

const ALT: Readonly<Record<string, string>> = {
  'gates.svg': 'How much of its gate each measure uses',
  'latency.svg': 'Latency over percentile in the open loop',
  'throughput.svg': 'Throughput at 64 connections',
};

/** All contestants of the throughput row, lam and the floor first. */
function throughputOf(outcomes: readonly Outcome[]): readonly Throughput[] {
  const found = outcomes.find((outcome) => outcome.id === 'c64');
  if (found?.lam === null || found?.lam === undefined || found.floor === null) return [];
  return [
    { name: 'lam', perSecond: found.lam },
    { name: found.floorName ?? 'floor', perSecond: found.floor },
    ...found.beside.map(({ name, value }) => ({ name, perSecond: value })),
  ];
}
