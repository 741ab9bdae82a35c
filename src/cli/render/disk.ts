import type { DfAnswer, GcAnswer } from '../../contract/index.ts';
import { formatBytes, plural } from './format.ts';
import { facts, table } from './table.ts';

/** Text of `lam df`. */
export function renderDf(df: DfAnswer): string {
  const functions = table(df.functions, [
    { heading: 'NAME', cell: (f) => f.name },
    { heading: 'VERSIONS', cell: (f) => String(f.versions), align: 'right' },
    { heading: 'IF COPIED', cell: (f) => formatBytes(f.logical), align: 'right' },
    { heading: 'ITS OWN', cell: (f) => formatBytes(f.unique), align: 'right' },
    { heading: 'LOGS', cell: (f) => formatBytes(f.logs), align: 'right' },
  ]);
  const sums = facts([
    ['home', df.home],
    ['files', `${formatBytes(df.objects.bytes)} in ${plural(df.objects.count, 'file')}`],
    ['artifacts', formatBytes(df.artifacts)],
    ['logs', formatBytes(df.logs)],
    ['catalogue', formatBytes(df.catalogue)],
    ['total', formatBytes(df.total)],
    ['reclaimable', `${formatBytes(df.reclaimable)}${df.reclaimable > 0 ? ' (lam gc)' : ''}`],
  ]);
  return functions === '' ? sums : `${functions}\n\n${sums}`;
}

/** Text of `lam gc`: what it deleted, or would delete. */
export function renderGc(gc: GcAnswer, dryRun: boolean): string {
  const verb = dryRun ? 'would free' : 'freed';
  const summary = `${verb} ${formatBytes(gc.bytes)}: ${plural(gc.versions.length, 'version')}, ${plural(gc.artifacts, 'artifact')}, ${plural(gc.files, 'file')}`;
  return [...gc.versions.map((v) => `${v.name} v${v.version}`), summary].join('\n');
}
