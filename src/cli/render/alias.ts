import type { AliasRouting, VersionNumber } from '../../contract/index.ts';
import { safe } from './table.ts';

/** An alias's target in words: `v4`, or `v4 90 %, v3 10 %, sticky by x-user-id`. */
export function aliasTargetText(version: VersionNumber, routing: AliasRouting | undefined): string {
  if (routing === undefined) return `v${version}`;
  const { weights, sticky } = routing;
  const given = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const shares = [[String(version), rounded(100 - given)] as const, ...Object.entries(weights)];
  const division = shares.map(([number, percent]) => `v${number} ${percent} %`).join(', ');
  return sticky === undefined ? division : `${division}, sticky by ${safe(sticky)}`;
}

/** Without the digits that subtracting decimal fractions leaves behind. */
function rounded(percent: number): number {
  return Number(percent.toFixed(6));
}
