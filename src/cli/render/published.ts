import type { PublishAnswer, RollbackAnswer } from '../../contract/index.ts';

/** One line about the result of a change of settings: a new version, or no change. */
export function renderConfigured(answer: PublishAnswer): string {
  if (answer.unchanged) return `${answer.name}: no change (v${answer.version})`;
  return `${answer.name}: v${answer.previous ?? 0} -> v${answer.version}`;
}

/** One line about the result of a rollback. */
export function renderRolledBack({ name, from, to }: RollbackAnswer, dryRun: boolean): string {
  if (from === to) return `${name}: v${to} is live already; nothing changed`;
  return `${name}: v${from} -> v${to}${dryRun ? ' (dry run, nothing changed)' : ''}`;
}
