import type { SettingSchema, TriggerKind } from './kind.ts';

/** A fault in the form of an entry. */
export interface ShapeFault {
  /** The faulty setting; undefined for the entry itself. */
  readonly key: string | undefined;
  readonly message: string;
}

/** Maximum length of a trigger's name (characters). */
const NAME_LENGTH = 128;

/** Schema of `name`, which entries of all kinds may have. */
export const NAME_SCHEMA = {
  description:
    'Tells triggers of the same type apart, in `lam describe` and in the identities of events. By default made from the settings.',
  type: 'string',
  minLength: 1,
  maxLength: NAME_LENGTH,
} as const;

/** Checks JSON as an entry of `triggers` against its kind's schema; returns all faults. Pure. */
export function shapeFaults(entry: unknown, kinds: readonly TriggerKind[]): readonly ShapeFault[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return [{ key: undefined, message: 'must be a map with a type' }];
  const settings = entry as Readonly<Record<string, unknown>>;
  const kind = kinds.find(({ type }) => type === settings['type']);
  if (kind === undefined)
    return [{ key: 'type', message: `type must be one of ${kinds.map((k) => k.type).join(', ')}` }];
  const { properties, required } = kind.schema;
  const faults: ShapeFault[] = required
    .filter((key) => settings[key] === undefined)
    .map((key) => ({ key, message: `${key} is missing` }));
  for (const [key, value] of Object.entries(settings)) {
    if (key === 'type') continue;
    const fault = key === 'name' ? nameFault(value) : settingFault(properties, key, value);
    if (fault !== undefined) faults.push({ key, message: `${key} ${fault}` });
  }
  return faults;
}

function nameFault(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= NAME_LENGTH
    ? undefined
    : `must be text of 1 to ${NAME_LENGTH} characters`;
}

function settingFault(
  properties: TriggerKind['schema']['properties'],
  key: string,
  value: unknown,
): string | undefined {
  const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return schema === undefined ? 'is not a setting of this type' : valueFault(schema, value);
}

const TYPES: Readonly<Record<SettingSchema['type'], { readonly words: string; is(value: unknown): boolean }>> = {
  string: { words: 'text', is: (value) => typeof value === 'string' },
  number: { words: 'a number', is: (value) => Number.isFinite(value) },
  integer: { words: 'a whole number', is: (value) => Number.isInteger(value) },
  boolean: { words: 'true or false', is: (value) => typeof value === 'boolean' },
  array: { words: 'a list', is: (value) => Array.isArray(value) },
};

function valueFault(schema: SettingSchema, value: unknown): string | undefined {
  const { words, is } = TYPES[schema.type];
  if (!is(value)) return `must be ${words}`;
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) return `must be at least ${schema.minimum}`;
    if (schema.maximum !== undefined && value > schema.maximum) return `must be at most ${schema.maximum}`;
  }
  if (typeof value === 'string') {
    if (schema.enum !== undefined && !schema.enum.includes(value)) return `must be one of ${schema.enum.join(', ')}`;
    if (value.length < (schema.minLength ?? 0)) return 'must not be empty';
  }
  const { items } = schema;
  if (items === undefined || !Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === 'string' && item.length >= (items.minLength ?? 0))
    ? undefined
    : 'must be a list of texts';
}
