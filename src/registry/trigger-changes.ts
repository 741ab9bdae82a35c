import { isDeepStrictEqual } from 'node:util';
import type {
  ConfigInput,
  ConfigPatch,
  FunctionName,
  ShortForms,
  ShortItem,
  TriggerConfig,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import {
  inShortForms,
  kindOf,
  shapeFaults,
  shortFormsOf,
  triggerName,
  withoutShortForm,
  type TriggerKind,
} from '../triggers/index.ts';
import { effectiveConfig, type Layers } from './layers.ts';

/** A patch in which all changes of lists are whole lists, and notices for the caller. */
export interface WholePatch {
  readonly patch: ConfigPatch;
  readonly notices: readonly string[];
}

/** A list of triggers that is set live as a whole: a short form, or `triggers` for the kinds that have none. */
interface LiveList {
  readonly key: keyof ShortForms | 'triggers';
  /** What it is called in errors. */
  readonly noun: string;
  /** Those of its kinds. */
  of(triggers: readonly TriggerConfig[]): readonly TriggerConfig[];
  /** The entry that an item stands for. */
  entryOf(item: unknown): TriggerConfig;
  /** The item that stands for an entry. */
  itemOf(entry: TriggerConfig): unknown;
  /** The name by which an item replaces another or is removed. */
  nameOf(entry: TriggerConfig): string;
}

/**
 * Turns triggers that a patch adds or removes into whole live lists, on top of what is in effect. An added one replaces
 * the trigger of the same name. A list that lam.yaml has, too, becomes that of lam.yaml again. Throws
 * `LAM_REGISTRY_TRIGGER_NOT_FOUND` for a removed one that does not exist.
 */
export function withWholeLists(
  name: FunctionName,
  before: Layers,
  patch: ConfigPatch,
  kinds: readonly TriggerKind[],
): WholePatch {
  const { add = {}, remove = {}, ...rest } = patch;
  const set: Record<string, unknown> = { ...withWholeTriggers(rest.set ?? {}, kinds) };
  const unset: string[] = [...(rest.unset ?? [])];
  const notices: string[] = [];
  for (const list of listsOf(kinds)) {
    const { key } = list;
    const given: readonly unknown[] = key === 'triggers' ? [] : (add[key] ?? []);
    const added = [...given.map((item) => list.entryOf(item)), ...list.of(add.triggers ?? [])];
    const removed = removedFrom(list, remove, kinds);
    if (added.length + removed.length === 0) continue;
    const entries = changed(name, list, list.of(effectiveConfig(before, kinds).triggers), { added, removed });
    const authors = list.of(before.input.triggers ?? []);
    if (isDeepStrictEqual(entries, authors)) {
      unset.push(key);
      continue;
    }
    set[key] = entries.map((entry) => list.itemOf(entry));
    if (authors.length > 0 && before.overrides[key] === undefined)
      notices.push(
        `the ${key} of '${name}' are now set live, and changes of those in lam.yaml do not count until: lam config unset ${name} ${key}`,
      );
  }
  return { patch: { ...rest, set, unset: unset as NonNullable<ConfigPatch['unset']> }, notices };
}

/** Returns the triggers of a list after a change. Throws `LAM_REGISTRY_TRIGGER_NOT_FOUND`. */
function changed(
  name: FunctionName,
  list: LiveList,
  live: readonly TriggerConfig[],
  { added, removed }: { readonly added: readonly TriggerConfig[]; readonly removed: readonly string[] },
): readonly TriggerConfig[] {
  const entries = new Map(live.map((entry) => [list.nameOf(entry), entry]));
  const named = new Map(live.map((entry) => [entry.name, list.nameOf(entry)]));
  for (const trigger of removed)
    if (!entries.delete(trigger) && !entries.delete(named.get(trigger) ?? ''))
      throw lamError('LAM_REGISTRY_TRIGGER_NOT_FOUND', { name, noun: list.noun, trigger, known: [...entries.keys()] });
  for (const entry of added) entries.set(list.nameOf(entry), entry);
  return [...entries.values()];
}

function listsOf(kinds: readonly TriggerKind[]): readonly LiveList[] {
  const short = shortFormsOf(kinds).map(({ type, form }): LiveList => {
    const kind = kindOf({ type }, kinds);
    return {
      key: form.key,
      noun: kind?.noun ?? type,
      of: (triggers) => triggers.filter((one) => typeOf(one) === type),
      entryOf: (item) => form.expand(item as ShortItem),
      itemOf: (entry) => form.itemOf(entry),
      // Not by `name`: routes and schedules are told apart by what they match.
      nameOf: (entry) => nameIn(entry, kinds, ({ config, kind: its }) => its.nameOf(config)),
    };
  });
  const others: LiveList = {
    key: 'triggers',
    noun: 'trigger',
    of: (triggers) => triggers.filter((one) => short.every((list) => list.of([one]).length === 0)),
    entryOf: (item) => item as TriggerConfig,
    itemOf: (entry) => entry,
    nameOf: (entry) => nameIn(entry, kinds, ({ config, kind }) => `${kind.type}:${triggerName(config, kind)}`),
  };
  return [...short, others];
}

/** The names that a patch removes from a list. */
function removedFrom(
  list: LiveList,
  remove: NonNullable<ConfigPatch['remove']>,
  kinds: readonly TriggerKind[],
): readonly string[] {
  const whole = remove.triggers ?? [];
  const typesWithForm = shortFormsOf(kinds).map(({ type, form }) => ({ prefix: `${type}:`, key: form.key }));
  const formOf = (name: string): keyof ShortForms | undefined =>
    typesWithForm.find(({ prefix }) => name.startsWith(prefix))?.key;
  if (list.key === 'triggers') return whole.filter((name) => formOf(name) === undefined);
  const own = whole.filter((name) => formOf(name) === list.key).map((name) => name.slice(name.indexOf(':') + 1));
  return [...(remove[list.key] ?? []), ...own];
}

/** The name of an entry; of a malformed one, which the check of the configuration refuses, its JSON. */
function nameIn(
  config: TriggerConfig,
  kinds: readonly TriggerKind[],
  nameOf: (known: { readonly config: TriggerConfig; readonly kind: TriggerKind }) => string,
): string {
  const kind = shapeFaults(config, kinds).length === 0 ? kindOf(config, kinds) : undefined;
  return kind === undefined ? JSON.stringify(config) : nameOf({ config, kind });
}

function typeOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'type' in entry ? entry.type : undefined;
}

/**
 * Returns live settings in which a whole list of triggers is one list for each short form and one of the others, so that
 * each can be unset by itself.
 */
function withWholeTriggers(set: ConfigInput, kinds: readonly TriggerKind[]): ConfigInput {
  const { triggers } = set;
  const isFormed = Array.isArray(triggers) && triggers.every((one) => typeof one === 'object' && one !== null);
  if (!isFormed || 'routes' in set || 'schedules' in set) return set;
  return { ...set, ...inShortForms(triggers, kinds), triggers: withoutShortForm(triggers, kinds) };
}
