import type { ConfigInput, ShortForms, ShortItem, TriggerConfig } from '../contract/index.ts';
import type { ShortForm, TriggerKind } from './kind.ts';

/** Returns the short forms of all kinds, each with its kind's type. */
export function shortFormsOf(
  kinds: readonly TriggerKind[],
): readonly { readonly type: string; readonly form: ShortForm<TriggerConfig> }[] {
  return kinds.flatMap(({ type, shortForm: form }) => (form === undefined ? [] : [{ type, form }]));
}

/**
 * Returns the settings with short forms expanded and appended to `triggers`. Values that are not lists are left
 * unchanged for the check of the configuration to report. Pure.
 */
export function expandShortForms(input: ConfigInput, kinds: readonly TriggerKind[]): ConfigInput {
  let expanded = input;
  for (const { form } of shortFormsOf(kinds)) {
    const { [form.key]: items, ...rest } = expanded;
    if (!Array.isArray(items) || !Array.isArray(rest.triggers ?? [])) continue;
    const triggers = [...(rest.triggers ?? []), ...(items as readonly ShortItem[]).map((item) => form.expand(item))];
    expanded = { ...rest, triggers };
  }
  return expanded;
}

/** Returns `triggers`, where a short form in `overrides` replaces those of its kind. Pure. */
export function overrideShortForms(
  triggers: readonly TriggerConfig[],
  overrides: ConfigInput,
  kinds: readonly TriggerKind[],
): readonly TriggerConfig[] {
  let merged = triggers;
  for (const { type, form } of shortFormsOf(kinds)) {
    const items = overrides[form.key];
    if (Array.isArray(items) && Array.isArray(merged))
      merged = [
        ...merged.filter((t) => t.type !== type),
        ...(items as readonly ShortItem[]).map((i) => form.expand(i)),
      ];
  }
  return merged;
}

/** Returns the triggers that have a short form, in that form. Pure. */
export function inShortForms(triggers: readonly TriggerConfig[], kinds: readonly TriggerKind[]): Required<ShortForms> {
  const shown = { routes: [] as readonly ShortItem[], schedules: [] as readonly ShortItem[] };
  for (const { type, form } of shortFormsOf(kinds))
    shown[form.key] = triggers.filter((trigger) => trigger.type === type).map((trigger) => form.itemOf(trigger));
  return shown;
}

/** Returns the names of the triggers that a short form stands for. Pure. */
export function namesInShortForm(
  key: keyof ShortForms,
  triggers: readonly TriggerConfig[],
  kinds: readonly TriggerKind[],
): readonly string[] {
  const kind = kinds.find(({ shortForm }) => shortForm?.key === key);
  return kind === undefined ? [] : triggers.filter(({ type }) => type === kind.type).map((t) => kind.nameOf(t));
}
