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

/**
 * Returns lam.yaml's triggers, where a live list replaces those of its kind: `routes`, `schedules`, and `triggers`, which
 * stands for the kinds without a short form and those that it contains. Pure.
 */
export function overrideTriggers(
  authors: readonly TriggerConfig[],
  overrides: ConfigInput,
  kinds: readonly TriggerKind[],
): readonly TriggerConfig[] {
  const { triggers } = overrides;
  let merged = authors;
  if (triggers !== undefined) {
    // What is no list is reported by the check of the configuration.
    if (!Array.isArray(triggers) || !Array.isArray(authors)) merged = triggers;
    else {
      const contained = new Set(triggers.map((one: TriggerConfig | null) => one?.type));
      const isKept = ({ type }: TriggerConfig): boolean => hasShortForm(type, kinds) && !contained.has(type);
      merged = [...authors.filter(isKept), ...triggers];
    }
  }
  for (const { type, form } of shortFormsOf(kinds)) {
    const items = overrides[form.key];
    if (Array.isArray(items) && Array.isArray(merged))
      merged = [
        ...merged.filter((t: TriggerConfig | null) => t?.type !== type),
        ...(items as readonly ShortItem[]).map((i) => form.expand(i)),
      ];
  }
  return merged;
}

/** Whether triggers of a type have a short form. */
function hasShortForm(type: unknown, kinds: readonly TriggerKind[]): boolean {
  return shortFormsOf(kinds).some((one) => one.type === type);
}

/** Returns the triggers that have no short form. Pure. */
export function withoutShortForm(
  triggers: readonly TriggerConfig[],
  kinds: readonly TriggerKind[],
): readonly TriggerConfig[] {
  return triggers.filter(({ type }) => !hasShortForm(type, kinds));
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
