import type { LamClient } from '../../client/index.ts';
import type { FunctionName, TriggerDetail } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';

/**
 * Triggers that the daemon runs, of all functions or of one. Throws the daemon's errors, `LAM_REGISTRY_FUNCTION_NOT_FOUND`
 * for a function that does not exist.
 */
export async function triggersOf(daemon: LamClient, name?: FunctionName): Promise<readonly TriggerDetail[]> {
  const all = await daemon.triggers();
  if (name === undefined) return all;
  const own = all.filter(({ functionName }) => functionName === name);
  // Fails where there is no such function.
  if (own.length === 0) await daemon.describe(name);
  return own;
}

/**
 * Returns the trigger of a function that `word` names, as `NAME` or `TYPE:NAME`; without it the only one. Throws
 * `LAM_CLI_NO_TRIGGERS`, `LAM_CLI_SEVERAL_TRIGGERS`, `LAM_TRIGGERS_NOT_FOUND`.
 */
export async function namedTrigger(
  daemon: LamClient,
  name: FunctionName,
  { word, command }: { readonly word: string | undefined; readonly command: string },
): Promise<TriggerDetail> {
  const own = await triggersOf(daemon, name);
  if (own.length === 0) throw lamError('LAM_CLI_NO_TRIGGERS', { name });
  const meant = own.filter((trigger) => word === undefined || word === trigger.name || word === fullName(trigger));
  const [one, ...others] = meant;
  if (one !== undefined && others.length === 0) return one;
  if (one === undefined)
    throw lamError('LAM_TRIGGERS_NOT_FOUND', { name, noun: 'trigger', trigger: word ?? '', known: own.map(fullName) });
  throw lamError('LAM_CLI_SEVERAL_TRIGGERS', { name, triggers: meant.map(fullName), command });
}

/** A trigger's name with its type, which is unique within a function. */
export function fullName({ type, name }: TriggerDetail): string {
  return `${type}:${name}`;
}
