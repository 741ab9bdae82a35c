import type { ChalkInstance } from 'chalk';
import type { FunctionDetail, Movement, VersionInfo, VersionNumber } from '../../contract/index.ts';
import { aliasTargetText } from './alias.ts';
import { formatAge, formatBytes } from './format.ts';
import { safe, table } from './table.ts';

/**
 * Table of `lam versions`, newest first. The live version has a column of its own, because an alias may be called
 * `live`.
 */
export function renderVersions(f: FunctionDetail, now: number, color: ChalkInstance, limit?: number): string {
  const isMarked = f.allVersions.some((v) => v.check !== undefined);
  const versions = table(
    f.allVersions,
    [
      { heading: 'VERSION', cell: (v) => `v${v.version}` },
      { heading: 'LIVE', cell: (v) => (v.live ? color.green('*') : '') },
      { heading: 'ALIASES', cell: (v) => v.aliases.map(safe).join(', '), least: 12, drop: 4 },
      { heading: 'SIZE', cell: (v) => formatBytes(v.size), align: 'right', drop: 1 },
      { heading: 'WHEN', cell: (v) => formatAge(v.createdAt, now), drop: 3 },
      { heading: 'BY', cell: (v) => safe(v.by), least: 10, drop: 2 },
      ...(isMarked ? [{ heading: 'CHECK', cell: (v: VersionInfo) => v.check?.result ?? '' }] : []),
      { heading: 'MESSAGE', cell: (v) => safe(v.message), least: 16 },
    ],
    limit,
  );
  return [versions, ...f.allVersions.flatMap(reasonOf)].join('\n');
}

/** Why a version is marked, in a line below the table. */
function reasonOf({ version, check }: VersionInfo): readonly string[] {
  if (check === undefined) return [];
  return [`v${version} ${check.result === 'failed' ? 'failed its check' : 'was not verified'}: ${safe(check.reason)}`];
}

/** The moves of the live pointer and of aliases, newest first. */
export function renderHistory(history: readonly Movement[], now: number, limit?: number): string {
  return table(
    history,
    [
      { heading: 'WHEN', cell: (m) => formatAge(m.at, now), drop: 2 },
      { heading: 'WHAT', cell: (m) => m.action },
      { heading: 'POINTER', cell: (m) => safe(m.alias ?? 'live'), least: 10 },
      {
        heading: 'MOVE',
        cell: (m) =>
          m.alias === undefined && m.from === m.to
            ? point(m.to)
            : `${point(m.from)} -> ${m.to === null ? 'none' : aliasTargetText(m.to, m.routing)}`,
      },
      { heading: 'BY', cell: (m) => safe(m.by), least: 10, drop: 1 },
      { heading: 'MESSAGE', cell: (m) => safe(m.message), least: 12 },
    ],
    limit,
  );
}

function point(version: VersionNumber | null): string {
  return version === null ? 'none' : `v${version}`;
}
