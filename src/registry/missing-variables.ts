import { OUTCOMES, type EventOutcome, type FunctionConfig, type FunctionName } from '../contract/index.ts';
import { kindOf, triggerName, variablesIn, variablesOf, type TriggerKind } from '../triggers/index.ts';

/** Says which triggers and destinations refer to variables that the function lacks, and how to set them. Pure. */
export function missingNotices(
  name: FunctionName,
  config: Pick<FunctionConfig, 'triggers' | 'environment' | EventOutcome>,
  kinds: readonly TriggerKind[],
): string[] {
  const ofTriggers = config.triggers.flatMap((trigger) => {
    const kind = kindOf(trigger, kinds);
    if (kind === undefined) return [];
    return [{ subject: `${kind.noun} '${triggerName(trigger, kind)}'`, variables: variablesOf(trigger, kind) }];
  });
  const ofDestinations = OUTCOMES.map((outcome) => ({
    subject: `destination '${outcome}'`,
    variables: variablesIn(config[outcome]),
  }));
  const waiting = [...ofTriggers, ...ofDestinations].flatMap(({ subject, variables }) => {
    const missing = variables.filter((variable) => !Object.hasOwn(config.environment, variable));
    return missing.length === 0 ? [] : [{ subject, missing }];
  });
  if (waiting.length === 0) return [];
  const variables = [...new Set(waiting.flatMap(({ missing }) => missing))];
  const subjects = waiting.map(({ subject }) => subject).join(', ');
  const given = variables.map((variable) => `${variable}=VALUE`).join(' ');
  return [`${subjects}: needs ${variables.join(', ')}, which the function lacks; to set: lam env set ${name} ${given}`];
}
