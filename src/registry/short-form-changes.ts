import { isDeepStrictEqual } from 'node:util';
import type { ConfigPatch, FunctionName, ShortForms, ShortItem, TriggerConfig } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { inShortForms, namesInShortForm, shapeFaults, shortFormsOf, type TriggerKind } from '../triggers/index.ts';
import { effectiveConfig, type Layers } from './layers.ts';

/** A patch in which all changes of lists are whole lists, and notices for the caller. */
export interface WholePatch {
  readonly patch: ConfigPatch;
  readonly notices: readonly string[];
}

/**
 * Turns items that a patch adds to short forms, or removes from them, into whole live lists, on top of what is in effect.
 * An added item replaces the trigger of the same name. A list that lam.yaml has, too, becomes that of lam.yaml again.
 * Throws `LAM_REGISTRY_TRIGGER_NOT_FOUND` for a removed one that does not exist.
 */
export function withWholeLists(
  name: FunctionName,
  before: Layers,
  patch: ConfigPatch,
  kinds: readonly TriggerKind[],
): WholePatch {
  const { add = {}, remove = {}, ...rest } = patch;
  const set: Record<string, unknown> = { ...rest.set };
  const unset: string[] = [...(rest.unset ?? [])];
  const notices: string[] = [];
  for (const { type, form } of shortFormsOf(kinds)) {
    const { key } = form;
    const [added, removed] = [add[key] ?? [], remove[key] ?? []];
    if (added.length + removed.length === 0) continue;
    const { triggers } = effectiveConfig(before, kinds);
    const nameOf = (item: ShortItem): string => nameOfItem(key, form.expand(item), kinds);
    const items = new Map(inShortForms(triggers, kinds)[key].map((item) => [nameOf(item), item]));
    for (const one of removed)
      if (!items.delete(one))
        throw lamError('LAM_REGISTRY_TRIGGER_NOT_FOUND', { name, type, trigger: one, known: [...items.keys()] });
    for (const item of added) items.set(nameOf(item), item);
    const authors = inShortForms(before.input.triggers ?? [], kinds)[key];
    if (isDeepStrictEqual([...items.values()], authors)) unset.push(key);
    else {
      set[key] = [...items.values()];
      if (authors.length > 0 && before.overrides[key] === undefined)
        notices.push(
          `the ${key} of '${name}' are now set live, and changes of those in lam.yaml do not count until: lam config unset ${name} ${key}`,
        );
    }
  }
  return { patch: { ...rest, set, unset: unset as NonNullable<ConfigPatch['unset']> }, notices };
}

/** The name of an entry; of a malformed one, which the check of the configuration refuses, its JSON. */
function nameOfItem(key: keyof ShortForms, entry: TriggerConfig, kinds: readonly TriggerKind[]): string {
  const isFormed = shapeFaults(entry, kinds).length === 0;
  return (isFormed ? namesInShortForm(key, [entry], kinds)[0] : undefined) ?? JSON.stringify(entry);
}
