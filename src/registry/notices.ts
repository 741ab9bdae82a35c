import { isDeepStrictEqual } from 'node:util';
import {
  settingArgument,
  settingText,
  settingWord,
  type ConfigInput,
  type FunctionConfig,
  type FunctionName,
  type VersionNumber,
} from '../contract/index.ts';
import {
  inShortForms,
  shortFormsOf,
  triggerSettingText,
  withoutShortForm,
  type TriggerKind,
} from '../triggers/index.ts';
import { changeMessage, environmentChanges } from './change-message.ts';
import type { Layers } from './layers.ts';

type Field = Exclude<keyof ConfigInput, 'environment'>;

/** Says which live settings the flags of a deploy remove. `before`: the live settings before the deploy. Pure. */
export function liftedNotices(before: ConfigInput, flags: ConfigInput): string[] {
  const keys = keysOf(flags).filter((key) => Object.hasOwn(before.environment ?? {}, key));
  return [
    ...fieldsOf(flags)
      .filter((field) => field in before)
      .map(
        (field) =>
          `${settingWord(field)}: the flag's ${settingText(field, flags[field])} replaces ${settingText(field, before[field])} from 'lam config set', which is removed`,
      ),
    ...(keys.length === 0
      ? []
      : [`environment: flags replace ${keys.join(', ')} from 'lam env set', which ${are(keys)} removed`]),
  ];
}

/** Names each value of lam.yaml that a live setting hides, and the command that removes the live setting. Pure. */
export function hiddenNotices(
  name: FunctionName,
  { input, overrides }: Pick<Layers, 'input' | 'overrides'>,
  kinds: readonly TriggerKind[],
): string[] {
  const author = withShortForms(input, kinds);
  const keys = keysOf(overrides).filter((key) => {
    const value = author.environment?.[key];
    return value !== undefined && value !== overrides.environment?.[key];
  });
  return [
    ...fieldsOf(overrides)
      .filter((field) => author[field] !== undefined && !isDeepStrictEqual(author[field], overrides[field]))
      .map(
        (field) =>
          `${settingWord(field)}: ${triggerSettingText(field, author[field], kinds)} in lam.yaml is hidden by ${triggerSettingText(field, overrides[field], kinds)} from 'lam config set'; to use lam.yaml: lam config unset ${name} ${settingWord(field)}`,
      ),
    ...(keys.length === 0
      ? []
      : [
          `environment: ${keys.join(', ')} in lam.yaml ${are(keys)} hidden by 'lam env set'; to use lam.yaml: lam env unset ${name} ${keys.join(' ')}`,
        ]),
  ];
}

/**
 * Says which flags of an earlier deploy no longer count, where that changes the configuration. `earlier`: the flags and
 * the configuration that were live. Pure.
 */
export function endedNotices(
  name: FunctionName,
  earlier: { readonly flags?: ConfigInput; readonly config: FunctionConfig },
  now: FunctionConfig,
): string[] {
  const { flags = {}, config } = earlier;
  const keys = keysOf(flags).filter((key) => config.environment[key] !== now.environment[key]);
  const ofFlags = ({ environment }: FunctionConfig): FunctionConfig['environment'] =>
    Object.fromEntries(Object.entries(environment).filter(([key]) => keys.includes(key)));
  return [
    ...fieldsOf(flags)
      .filter((field) => !isDeepStrictEqual(valueOf(config, field), valueOf(now, field)))
      .map((field) => {
        const [was, is] = [valueOf(config, field), valueOf(now, field)];
        return `${settingWord(field)}: ${settingText(field, was)} -> ${settingText(field, is)}, because flags count for one deploy; to keep it: lam config set ${name} ${settingArgument(field, was)}`;
      }),
    ...(keys.length === 0
      ? []
      : [
          `${environmentChanges(ofFlags(config), ofFlags(now))}, because flags count for one deploy; to keep what they gave: lam env set ${name} ${keys.map((key) => `${key}=VALUE`).join(' ')}`,
        ]),
  ];
}

/**
 * Says which live settings a version does not have that a rollback made live; they count again from the next deploy or
 * change of settings. Pure.
 */
export function suspendedNotices(
  name: FunctionName,
  config: FunctionConfig,
  overrides: ConfigInput,
  kinds: readonly TriggerKind[],
): string[] {
  const shown = {
    ...config,
    ...inShortForms(config.triggers, kinds),
    triggers: withoutShortForm(config.triggers, kinds),
  };
  const fields = fieldsOf(overrides).filter((field) => !isDeepStrictEqual(shown[field], overrides[field]));
  const keys = keysOf(overrides).filter((key) => config.environment[key] !== overrides.environment?.[key]);
  const words = fields.map((field) => settingWord(field));
  return [
    ...(words.length === 0 ? [] : [suspended(words, 'config set', `lam config unset ${name} ${words.join(' ')}`)]),
    ...(keys.length === 0 ? [] : [suspended(keys, 'env set', `lam env unset ${name} ${keys.join(' ')}`)]),
  ];
}

/**
 * Says what the function's live settings change in a version that a rollback made live: `own` is the configuration with
 * the live settings that the version was made with, `now` the one with those of the function. Pure.
 */
export function resumedNotices(
  live: VersionNumber,
  own: FunctionConfig,
  now: FunctionConfig,
  kinds: readonly TriggerKind[],
): string[] {
  const changes = changeMessage(own, now, kinds);
  return changes === '' ? [] : [`the live settings are not those of v${live}, which was rolled back to: ${changes}`];
}

function suspended(words: readonly string[], command: string, lift: string): string {
  return `${words.join(', ')} from 'lam ${command}' ${words.length === 1 ? 'does' : 'do'} not apply to this version, and will again from the next deploy or change of settings; to remove: ${lift}`;
}

/** lam.yaml's settings with its triggers in short form, where they have one. */
function withShortForms(input: ConfigInput, kinds: readonly TriggerKind[]): ConfigInput {
  const { triggers } = input;
  if (!Array.isArray(triggers)) return input;
  const shown = inShortForms(triggers, kinds);
  const named = shortFormsOf(kinds).filter(({ form }) => shown[form.key].length > 0);
  const others = withoutShortForm(triggers, kinds);
  const { triggers: _whole, ...rest } = input;
  return {
    ...rest,
    ...(others.length === 0 ? {} : { triggers: others }),
    ...Object.fromEntries(named.map(({ form }) => [form.key, shown[form.key]])),
  };
}

function valueOf(config: FunctionConfig, field: Field): unknown {
  return (config as ConfigInput)[field];
}

function fieldsOf(settings: ConfigInput): Field[] {
  return Object.keys(settings).filter((field): field is Field => field !== 'environment');
}

function keysOf({ environment }: ConfigInput): string[] {
  return Object.keys(environment ?? {});
}

function are(words: readonly unknown[]): string {
  return words.length === 1 ? 'is' : 'are';
}
