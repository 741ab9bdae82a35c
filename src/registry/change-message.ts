import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_CONFIG, settingText, settingWord, type FunctionConfig } from '../contract/index.ts';
import {
  inShortForms,
  shortFormsOf,
  triggerSettingText,
  withoutShortForm,
  type TriggerKind,
} from '../triggers/index.ts';

/** Longest text of a value in a message (characters). */
const VALUE_LENGTH = 40;
/** Variables that a message names; more are counted. */
const MOST_KEYS = 12;

const FIELDS = (Object.keys(DEFAULT_CONFIG) as (keyof FunctionConfig)[]).filter(
  (field) => field !== 'environment' && field !== 'triggers',
);

/**
 * Says in one line what differs between two configurations, for the history: `timeout 3 s -> 5 s; environment: +A,
 * changed B, -C`. Never contains values of variables. Pure.
 */
export function changeMessage(before: FunctionConfig, after: FunctionConfig, kinds: readonly TriggerKind[]): string {
  const settings = FIELDS.filter((field) => !isDeepStrictEqual(before[field], after[field])).map(
    (field) =>
      `${settingWord(field)} ${clipped(settingText(field, before[field]))} -> ${clipped(settingText(field, after[field]))}`,
  );
  const parts = [...settings, ...triggerChanges(before, after, kinds)];
  const variables = environmentChanges(before.environment, after.environment);
  return [parts.join(', '), variables].filter((part) => part !== '').join('; ');
}

function triggerChanges(before: FunctionConfig, after: FunctionConfig, kinds: readonly TriggerKind[]): string[] {
  if (isDeepStrictEqual(before.triggers, after.triggers)) return [];
  const listsOf = ({ triggers }: FunctionConfig): Readonly<Record<string, readonly unknown[]>> => ({
    ...inShortForms(triggers, kinds),
    triggers: withoutShortForm(triggers, kinds),
  });
  const [was, is] = [listsOf(before), listsOf(after)];
  const changes = [...shortFormsOf(kinds).map(({ form }) => form.key), 'triggers' as const].flatMap((key) => {
    if (isDeepStrictEqual(was[key], is[key])) return [];
    const [from, to] = [was, is].map((lists) => clipped(triggerSettingText(key, lists[key], kinds)));
    // They differ in settings that their names do not show.
    return [from === to ? `${key} changed` : `${key} ${from} -> ${to}`];
  });
  return changes.length === 0 ? ['triggers changed'] : changes;
}

/** What differs in variables: added keys first, then changed ones, then removed ones; never values. */
export function environmentChanges(
  before: FunctionConfig['environment'],
  after: FunctionConfig['environment'],
): string {
  const [was, is] = [Object.keys(before), Object.keys(after)];
  const changes = [
    ...is.filter((key) => !Object.hasOwn(before, key)).map((key) => `+${key}`),
    ...is.filter((key) => Object.hasOwn(before, key) && before[key] !== after[key]).map((key) => `changed ${key}`),
    ...was.filter((key) => !Object.hasOwn(after, key)).map((key) => `-${key}`),
  ];
  const more = changes.length - MOST_KEYS;
  if (changes.length === 0) return '';
  return `environment: ${changes.slice(0, MOST_KEYS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function clipped(text: string): string {
  const characters = Array.from(text);
  return characters.length <= VALUE_LENGTH ? text : `${characters.slice(0, VALUE_LENGTH - 3).join('')}...`;
}
