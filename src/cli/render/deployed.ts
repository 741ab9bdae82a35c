import type { PublishAnswer } from '../../contract/index.ts';
import type { LamError } from '../../errors/index.ts';
import { formatDuration } from './format.ts';
import { renderLoadFailure } from './load-failure.ts';
import { safe } from './table.ts';

/** Where a function answers: one URL, and how many more there are. */
function endpointsText({ name, endpoints }: Pick<PublishAnswer, 'name' | 'endpoints'>): string {
  const [first = '', ...others] = endpoints;
  return others.length === 0 ? safe(first) : `${safe(first)} (${others.length} more: lam describe ${name})`;
}

/** One line about the result of a deploy that took `ms`. */
export function renderDeployed(answer: PublishAnswer, ms: number, dryRun: boolean): string {
  if (answer.unchanged) return `${answer.name}: no change (v${answer.version})`;
  if (dryRun) return `${answer.name}: would become v${answer.version} (dry run, nothing changed)`;
  return `${answer.name} v${answer.version} live in ${formatDuration(ms)}  ${endpointsText(answer)}`;
}

/** Why one function of several could not be deployed. */
export function renderFailedDeploy(name: string, error: LamError): string {
  const hint = error.hint === undefined ? '' : `  hint: ${error.hint}\n`;
  return `Error: ${name}: ${error.message}\n${renderLoadFailure(error)}${hint}  code: ${error.code}`;
}
