import {
  DEFAULT_CONFIG,
  settingWord,
  type ConfigInput,
  type ConfigPatch,
  type FlagSettings,
  type FunctionName,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { shortFormsOf, withoutShortForm, type TriggerKind } from '../triggers/index.ts';
import { defined, without, type Layers } from './layers.ts';

/** Throws `LAM_REGISTRY_INVALID_CONFIG` for a patch that unsets an unknown setting. */
export function checkUnset(name: FunctionName, patch: ConfigPatch, kinds: readonly TriggerKind[]): void {
  const settings = new Set([...Object.keys(DEFAULT_CONFIG), ...shortFormsOf(kinds).map(({ form }) => form.key)]);
  const faults = (patch.unset ?? [])
    .filter((field) => !settings.has(field))
    .map((field) => `${field}: there is no such setting`);
  if (faults.length > 0) throw lamError('LAM_REGISTRY_INVALID_CONFIG', { name, faults, live: true });
}

/** Throws `LAM_REGISTRY_INVALID_CONFIG` for flags that set triggers, which are lists of lam.yaml. */
export function checkFlags(name: FunctionName, flags: FlagSettings, kinds: readonly TriggerKind[]): void {
  const lists = new Set<string>(['triggers', ...shortFormsOf(kinds).map(({ form }) => form.key)]);
  const faults = Object.keys(flags)
    .filter((field) => lists.has(field))
    .map((field) => `${field}: cannot be given as a flag`);
  if (faults.length > 0) throw lamError('LAM_REGISTRY_INVALID_CONFIG', { name, faults });
}

/**
 * Returns the layers after a patch of the live settings, and notices for the caller. What is set or unset no longer
 * counts as a flag of the deploy. Pure.
 */
export function patchLayers(
  before: Layers,
  patch: ConfigPatch,
  kinds: readonly TriggerKind[],
): { readonly layers: Layers; readonly notices: string[] } {
  const { input, flags } = before;
  const { environment: variables = {}, ...rest } = before.overrides;
  // Variables have a field of their own and are set one by one; a whole map would drop those of lam.yaml.
  const { environment: _refused, ...set } = { environment: undefined, ...patch.set };
  const unset = new Set<string>(patch.unset);
  const unsetVariables = new Set([
    ...(unset.has('environment') ? [...Object.keys(variables), ...Object.keys(flags.environment ?? {})] : []),
    ...(patch.unsetEnvironment ?? []),
  ]);
  const environment = Object.fromEntries([
    ...Object.entries(variables).filter(([key]) => !unsetVariables.has(key)),
    ...Object.entries(patch.setEnvironment ?? {}),
  ]);
  const overrides: ConfigInput = {
    ...Object.fromEntries(Object.entries(rest).filter(([field]) => !unset.has(field))),
    ...defined(set),
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
  };
  const { environment: _whole, ...given } = { ...mapOf(unset), ...defined(set), environment: undefined };
  const keys = [...unsetVariables, ...Object.keys(patch.setEnvironment ?? {})];
  const left = without(flags, { ...given, environment: mapOf(keys) });
  return { layers: { input, overrides, flags: left }, notices: authorsNotices(before, unset, unsetVariables, kinds) };
}

/** Says which settings cannot be unset because lam.yaml has them. */
function authorsNotices(
  { input, overrides, flags }: Layers,
  unset: ReadonlySet<string>,
  unsetVariables: ReadonlySet<string>,
  kinds: readonly TriggerKind[],
): string[] {
  const hasVariable = ({ environment = {} }: ConfigInput, key: string): boolean => Object.hasOwn(environment, key);
  return [
    ...[...unset]
      .filter((field) => !(field in overrides) && !(field in flags) && comesFrom(input, field, kinds))
      .map((field) => `'${settingWord(field)}' comes from lam.yaml: change it there and deploy`),
    ...[...unsetVariables]
      .filter((key) => !hasVariable(overrides, key) && !hasVariable(flags, key) && hasVariable(input, key))
      .map((key) => `'${key}' comes from lam.yaml: remove it there and deploy`),
  ];
}

function mapOf(keys: Iterable<string>): Record<string, string> {
  return Object.fromEntries(Array.from(keys, (key) => [key, '']));
}

/** Whether lam.yaml sets a field; its short forms are stored as triggers. */
function comesFrom(input: ConfigInput, field: string, kinds: readonly TriggerKind[]): boolean {
  const { triggers = [] } = input;
  if (field === 'triggers') return withoutShortForm(triggers, kinds).length > 0;
  const short = shortFormsOf(kinds).find(({ form }) => form.key === field);
  return short === undefined ? field in input : triggers.some(({ type }) => type === short.type);
}
