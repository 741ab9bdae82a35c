import type { ConfigInput, ShortForms, TriggerConfig } from '../contract/index.ts';
import type { ShortForm, TriggerKind } from './kind.ts';

/** The short forms of all kinds that have one, each with its kind's type. */
export function shortFormsOf(
  kinds: readonly TriggerKind[],
): readonly { readonly type: string; readonly form: ShortForm<TriggerConfig> }[] {
  return kinds.flatMap(({ type, shortForm: form }) => (form === undefined ? [] : [{ type, form }]));
}

/**
 * The same settings with every short form written out, behind the triggers that stand in `triggers`. What is no list
 * stays as it is, for the check of settings to refuse. Pure.
 */
export function expandShortForms(input: ConfigInput, kinds: readonly TriggerKind[]): ConfigInput {
  let expanded = input;
  for (const { form } of shortFormsOf(kinds)) {
    const { [form.key]: items, ...rest } = expanded;
    if (!Array.isArray(items) || !Array.isArray(rest.triggers ?? [])) continue;
    const triggers = [...(rest.triggers ?? []), ...(items as readonly string[]).map((item) => form.expand(item))];
    expanded = { ...rest, triggers };
  }
  return expanded;
}

/** `triggers` with those replaced whose kind has its short form among the `overrides`. Pure. */
export function overrideShortForms(
  triggers: readonly TriggerConfig[],
  overrides: ConfigInput,
  kinds: readonly TriggerKind[],
): readonly TriggerConfig[] {
  let merged = triggers;
  for (const { type, form } of shortFormsOf(kinds)) {
    const items = overrides[form.key];
    if (Array.isArray(items) && Array.isArray(merged))
      merged = [...merged.filter((t) => t.type !== type), ...(items as readonly string[]).map((i) => form.expand(i))];
  }
  return merged;
}

/** The triggers that have a short form, in it: what answers show besides the whole list. Pure. */
export function inShortForms(triggers: readonly TriggerConfig[], kinds: readonly TriggerKind[]): Required<ShortForms> {
  const shown = { routes: [] as readonly string[] };
  for (const { type, form } of shortFormsOf(kinds))
    shown[form.key] = triggers.filter((trigger) => trigger.type === type).map((trigger) => form.itemOf(trigger));
  return shown;
}
