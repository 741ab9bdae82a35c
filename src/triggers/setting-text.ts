import { settingText, type ConfigInput, type ShortItem, type TriggerConfig } from '../contract/index.ts';
import { kindOf, triggerName } from './declared.ts';
import type { TriggerKind } from './kind.ts';
import { shapeFaults } from './shape.ts';
import { shortFormsOf } from './short-forms.ts';

/**
 * A value of a setting in words, as {@link settingText}; of a list of triggers their names, and the names of options that a
 * name does not show: `GET api.example/users (cors)`, `rabbitmq:orders`. Pure.
 */
export function triggerSettingText(field: keyof ConfigInput, value: unknown, kinds: readonly TriggerKind[]): string {
  if (!Array.isArray(value) || value.length === 0) return settingText(field, value);
  const short = shortFormsOf(kinds).find(({ form }) => form.key === field);
  if (short === undefined && field !== 'triggers') return settingText(field, value);
  const texts = (value as readonly unknown[]).map((item) =>
    short === undefined ? entryText(item, kinds, true) : entryText(short.form.expand(item as ShortItem), kinds, false),
  );
  return texts.join(', ');
}

function entryText(entry: unknown, kinds: readonly TriggerKind[], isTyped: boolean): string {
  if (shapeFaults(entry, kinds).length > 0) return JSON.stringify(entry);
  const config = entry as TriggerConfig;
  const kind = kindOf(config, kinds);
  if (kind === undefined) return JSON.stringify(entry);
  const { shortForm } = kind;
  const shown = new Set(['type', 'name', ...(shortForm?.inName ?? [])]);
  const options = shortForm === undefined ? [] : Object.keys(config).filter((key) => !shown.has(key));
  const name = `${isTyped ? `${kind.type}:` : ''}${triggerName(config, kind)}`;
  return options.length === 0 ? name : `${name} (${options.join(', ')})`;
}
