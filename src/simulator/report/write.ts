import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { Simulation } from '../simulation.ts';
import { addedLatencyPlot } from './added-latency-plot.ts';
import { markdownReport } from './markdown.ts';
import { scatterPlot } from './scatter-plot.ts';

/**
 * Writes the report to a folder, which is created if needed, and returns the paths of its files. Each file is replaced
 * atomically, all of them synchronously, so that no signal interrupts the sequence. Throws
 * `LAM_SIMULATOR_REPORT_NOT_WRITABLE` and then leaves no partial file.
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

/** Removes a temporary file. Ignores failures, because the first one is reported. */
function forget(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A file that cannot be removed was not created.
  }
}

function whyNot({ code }: NodeJS.ErrnoException): string {
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file stands in its place';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'its permissions forbid it';
  return code === 'ENOSPC' ? 'the disk is full' : (code ?? 'unknown reason');
}
