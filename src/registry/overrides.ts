import { DEFAULT_CONFIG, type ConfigInput, type ConfigPatch, type FunctionName } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { shortFormsOf, type TriggerKind } from '../triggers/index.ts';
import { defined } from './config.ts';

/** Throws `LAM_REGISTRY_INVALID_CONFIG` for a patch that unsets an unknown setting. */
export function checkUnset(name: FunctionName, patch: ConfigPatch, kinds: readonly TriggerKind[]): void {
  const settings = new Set([...Object.keys(DEFAULT_CONFIG), ...shortFormsOf(kinds).map(({ form }) => form.key)]);
  const faults = (patch.unset ?? [])
    .filter((field) => !settings.has(field))
    .map((field) => `${field}: there is no such setting`);
  if (faults.length > 0) throw lamError('LAM_REGISTRY_INVALID_CONFIG', { name, faults });
}

/** Returns the live settings after a patch, and notices for the caller. `input`: settings of lam.yaml. Pure. */
export function patchOverrides(
  before: ConfigInput,
  patch: ConfigPatch,
  input: ConfigInput,
  kinds: readonly TriggerKind[],
): { overrides: ConfigInput; notices: string[] } {
  const { environment: variables = {}, ...rest } = before;
  // Variables have a field of their own and are set one by one; a whole map would drop those of lam.yaml.
  const { environment: _refused, ...set } = { environment: undefined, ...patch.set };
  const unset = new Set<string>(patch.unset);
  const dropped = new Set(unset);
  // A whole list of triggers replaces earlier short forms.
  if ('triggers' in set || unset.has('triggers')) for (const { form } of shortFormsOf(kinds)) dropped.add(form.key);
  const unsetVariables = new Set([
    ...(unset.has('environment') ? Object.keys(variables) : []),
    ...(patch.unsetEnvironment ?? []),
  ]);
  const environment = Object.fromEntries([
    ...Object.entries(variables).filter(([key]) => !unsetVariables.has(key)),
    ...Object.entries(patch.setEnvironment ?? {}),
  ]);
  const overrides: ConfigInput = {
    ...Object.fromEntries(Object.entries(rest).filter(([field]) => !dropped.has(field))),
    ...defined(set),
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
  };
  const notices = [
    ...[...unset]
      .filter((field) => !(field in before) && comesFrom(input, field, kinds))
      .map((field) => `'${field}' comes from lam.yaml: change it there and deploy`),
    ...[...unsetVariables]
      .filter((key) => !Object.hasOwn(variables, key) && Object.hasOwn(input.environment ?? {}, key))
      .map((key) => `'${key}' comes from lam.yaml: remove it there and deploy`),
  ];
  return { overrides, notices };
}

/** Whether lam.yaml sets a field; its short forms are stored as triggers. */
function comesFrom(input: ConfigInput, field: string, kinds: readonly TriggerKind[]): boolean {
  const short = shortFormsOf(kinds).find(({ form }) => form.key === field);
  return short === undefined ? field in input : (input.triggers ?? []).some(({ type }) => type === short.type);
}
