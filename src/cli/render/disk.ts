import type { DfAnswer, GcAnswer } from '../../contract/index.ts';
import { numberRanges } from '../../kit/index.ts';
import { formatBytes, plural } from './format.ts';
import { facts, table } from './table.ts';

/** Text of `lam df`. */
export function renderDf(df: DfAnswer, limit?: number): string {
  const functions = table(
    df.functions,
    [
      { heading: 'NAME', cell: (f) => f.name, least: 12 },
      { heading: 'VERSIONS', cell: (f) => String(f.versions), align: 'right' },
      { heading: 'IF COPIED', cell: (f) => formatBytes(f.logical), align: 'right' },
      { heading: 'ITS OWN', cell: (f) => formatBytes(f.unique), align: 'right' },
      { heading: 'LOGS', cell: (f) => formatBytes(f.logs), align: 'right' },
    ],
    limit,
  );
  const sums = facts(
    [
      ['home', df.home],
      ['files', `${formatBytes(df.objects.bytes)} in ${plural(df.objects.count, 'file')}`],
      ['artifacts', formatBytes(df.artifacts)],
      ['logs', formatBytes(df.logs)],
      ['catalogue', formatBytes(df.catalogue)],
      ['async', formatBytes(df.queue)],
      ['destinations', formatBytes(df.destinations)],
      ['total', formatBytes(df.total)],
      ['reclaimable', `${formatBytes(df.reclaimable)}${df.reclaimable > 0 ? ' (lam gc)' : ''}`],
    ],
    limit,
  );
  return functions === '' ? sums : `${functions}\n\n${sums}`;
}

/** Text of `lam gc`: what it deleted, or would delete. */
export function renderGc(gc: GcAnswer, dryRun: boolean): string {
  const verb = dryRun ? 'would free' : 'freed';
  const summary = `${verb} ${formatBytes(gc.bytes)}: ${plural(gc.versions.length, 'version')}, ${plural(gc.artifacts, 'artifact')}, ${plural(gc.files, 'file')}`;
  return [...gc.versions.map((v) => `${v.name} v${v.version}`), summary].join('\n');
}

/** Functions that a list of versions names. */
const MOST_FUNCTIONS = 10;

/** Versions in words, by function: `hello v1 to v3, v7; other v2`. */
export function versionList(versions: GcAnswer['versions']): string {
  const byName = new Map<string, number[]>();
  for (const { name, version } of versions) byName.set(name, [...(byName.get(name) ?? []), version]);
  const named = [...byName].slice(0, MOST_FUNCTIONS).map(([name, numbers]) => `${name} ${numberRanges(numbers, 'v')}`);
  const more = byName.size - named.length;
  return `${named.join('; ')}${more > 0 ? `; versions of ${plural(more, 'more function')}` : ''}`;
}
