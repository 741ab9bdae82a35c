import type { ChalkInstance } from 'chalk';
import type { FunctionDetail, Movement, VersionNumber } from '../../contract/index.ts';
import { formatAge, formatBytes } from './format.ts';
import { safe, table } from './table.ts';

/**
 * Table of `lam versions`, newest first. The live version has a column of its own, because an alias may be called
 * `live`.
 */
export function renderVersions(f: FunctionDetail, now: number, color: ChalkInstance): string {
  return table(f.allVersions, [
    { heading: 'VERSION', cell: (v) => `v${v.version}` },
    { heading: 'LIVE', cell: (v) => (v.live ? color.green('*') : '') },
    { heading: 'ALIASES', cell: (v) => v.aliases.map(safe).join(', ') },
    { heading: 'SIZE', cell: (v) => formatBytes(v.size), align: 'right' },
    { heading: 'WHEN', cell: (v) => formatAge(v.createdAt, now) },
    { heading: 'BY', cell: (v) => safe(v.by) },
    { heading: 'MESSAGE', cell: (v) => safe(v.message) },
  ]);
}

/** The moves of the live pointer and of aliases, newest first. */
export function renderHistory(history: readonly Movement[], now: number): string {
  return table(history, [
    { heading: 'WHEN', cell: (m) => formatAge(m.at, now) },
    { heading: 'WHAT', cell: (m) => m.action },
    { heading: 'POINTER', cell: (m) => safe(m.alias ?? 'live') },
    { heading: 'MOVE', cell: (m) => `${point(m.from)} -> ${point(m.to)}` },
    { heading: 'BY', cell: (m) => safe(m.by) },
    { heading: 'MESSAGE', cell: (m) => safe(m.message) },
  ]);
}

function point(version: VersionNumber | null): string {
  return version === null ? 'none' : `v${version}`;
}
