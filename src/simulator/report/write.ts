import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { Simulation } from '../simulation.ts';
import { addedLatencyPlot } from './added-latency-plot.ts';
import { markdownReport } from './markdown.ts';
import { scatterPlot } from './scatter-plot.ts';

/**
 * Writes the report to a folder, which is made when it is not there, and returns the files' paths. Each file is replaced whole; in
 * one go, so that no signal comes between. Throws `LAM_SIMULATOR_REPORT_NOT_WRITABLE`; then none is left half-written.
 */
export function writeReport(folder: string, simulation: Simulation): readonly string[] {
  const files: readonly (readonly [string, string])[] = [
    ['simulation.json', `${JSON.stringify(simulation, null, 2)}\n`],
    ['simulation.md', markdownReport(simulation)],
    ['scatter.svg', scatterPlot(simulation)],
    ['added-latency.svg', addedLatencyPlot(simulation)],
  ];
  const ways = files.map(([name, content]) => ({
    path: join(folder, name),
    temporary: join(folder, `.${name}.tmp`),
    content,
  }));
  try {
    mkdirSync(folder, { recursive: true });
    for (const { temporary, content } of ways) writeFileSync(temporary, content);
    for (const { temporary, path } of ways) renameSync(temporary, path);
  } catch (error) {
    for (const { temporary } of ways) forget(temporary);
    throw lamError('LAM_SIMULATOR_REPORT_NOT_WRITABLE', { folder, why: whyNot(error as NodeJS.ErrnoException) }, error);
  }
  return ways.map(({ path }) => path);
}

/** The failure to report is the first one. */
function forget(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where it can't be removed it can't have been made.
  }
}

function whyNot({ code }: NodeJS.ErrnoException): string {
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file stands in its place';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'its permissions forbid it';
  return code === 'ENOSPC' ? 'the disk is full' : (code ?? 'unknown reason');
}
