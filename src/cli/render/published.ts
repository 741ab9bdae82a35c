import type { PublishAnswer } from '../../contract/index.ts';

/** One line about the result of a change of settings: a new version, or no change. */
export function renderConfigured(answer: PublishAnswer): string {
  if (answer.unchanged) return `${answer.name}: no change (v${answer.version})`;
  return `${answer.name}: v${answer.previous ?? 0} -> v${answer.version}`;
}
