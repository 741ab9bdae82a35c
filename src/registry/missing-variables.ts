import type { FunctionConfig, FunctionName } from '../contract/index.ts';
import { kindOf, triggerName, variablesOf, type TriggerKind } from '../triggers/index.ts';

/** Says which triggers refer to variables that the function lacks, and how to set them. Pure. */
export function missingNotices(
  name: FunctionName,
  { triggers, environment }: Pick<FunctionConfig, 'triggers' | 'environment'>,
  kinds: readonly TriggerKind[],
): string[] {
  const waiting = triggers.flatMap((config) => {
    const kind = kindOf(config, kinds);
    if (kind === undefined) return [];
    const missing = variablesOf(config, kind).filter((variable) => !Object.hasOwn(environment, variable));
    return missing.length === 0 ? [] : [{ subject: `${kind.noun} '${triggerName(config, kind)}'`, missing }];
  });
  if (waiting.length === 0) return [];
  const variables = [...new Set(waiting.flatMap(({ missing }) => missing))];
  const subjects = waiting.map(({ subject }) => subject).join(', ');
  const given = variables.map((variable) => `${variable}=VALUE`).join(' ');
  return [`${subjects}: needs ${variables.join(', ')}, which the function lacks; to set: lam env set ${name} ${given}`];
}
