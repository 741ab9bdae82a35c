import type { SettingType, TriggerKind, TriggerSchema, ValueSchema } from './kind.ts';

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
  return mapFaults(settings, kind.schema, nameFaults);
}

/**
 * Checks a map with a `type` against the schema of its other settings; returns all faults. Pure.
 * @param nameFaultsOf checks the setting `name`, if there may be one
 */
export function mapFaults(
  settings: Readonly<Record<string, unknown>>,
  { properties, required }: TriggerSchema,
  nameFaultsOf?: (name: unknown) => readonly string[],
): readonly ShapeFault[] {
  const faults: ShapeFault[] = required
    .filter((key) => settings[key] === undefined)
    .map((key) => ({ key, message: `${key} is missing` }));
  for (const [key, value] of Object.entries(settings)) {
    if (key === 'type') continue;
    const found =
      key === 'name' && nameFaultsOf !== undefined ? nameFaultsOf(value) : settingFaults(properties, key, value);
    faults.push(...found.map((message) => ({ key, message })));
  }
  return faults;
}

function nameFaults(value: unknown): readonly string[] {
  return typeof value === 'string' && value !== '' && value.length <= NAME_LENGTH
    ? []
    : [`name must be text of 1 to ${NAME_LENGTH} characters`];
}

function settingFaults(
  properties: TriggerKind['schema']['properties'],
  key: string,
  value: unknown,
): readonly string[] {
  const schema = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return schema === undefined ? [`${key} is not a setting of this type`] : valueFaults(schema, value, key);
}

const TYPES: Readonly<Record<SettingType, { readonly words: string; is(value: unknown): boolean }>> = {
  string: { words: 'text', is: (value) => typeof value === 'string' },
  number: { words: 'a number', is: (value) => Number.isFinite(value) },
  integer: { words: 'a whole number', is: (value) => Number.isInteger(value) },
  boolean: { words: 'true or false', is: (value) => typeof value === 'boolean' },
  array: { words: 'a list', is: (value) => Array.isArray(value) },
  object: { words: 'a map', is: isMap },
};

/** The faults of a value, each beginning with its path: `cors.origins must be a list`. */
function valueFaults(schema: ValueSchema, value: unknown, path: string): readonly string[] {
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  if (!types.some((type) => TYPES[type].is(value)))
    return [`${path} must be ${types.map((type) => TYPES[type].words).join(', or ')}`];
  if (Array.isArray(value)) return itemFaults(schema, value, path);
  if (isMap(value)) return memberFaults(schema, value, path);
  const fault = scalarFault(schema, value);
  return fault === undefined ? [] : [`${path} ${fault}`];
}

function scalarFault(schema: ValueSchema, value: unknown): string | undefined {
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) return `must be at least ${schema.minimum}`;
    if (schema.maximum !== undefined && value > schema.maximum) return `must be at most ${schema.maximum}`;
  }
  if (typeof value === 'string') {
    if (schema.enum !== undefined && !schema.enum.includes(value)) return `must be one of ${schema.enum.join(', ')}`;
    if (value.length < (schema.minLength ?? 0)) return 'must not be empty';
  }
  return undefined;
}

function itemFaults({ items, minItems = 0 }: ValueSchema, values: readonly unknown[], path: string): readonly string[] {
  if (values.length < minItems) return [`${path} must not be empty`];
  return items === undefined ? [] : values.flatMap((value, n) => valueFaults(items, value, `${path}.${n}`));
}

function memberFaults(schema: ValueSchema, value: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const { properties = {}, required = [], additionalProperties: others } = schema;
  const missing = required.filter((key) => value[key] === undefined).map((key) => `${path}.${key} is missing`);
  const faults = Object.entries(value).flatMap(([key, member]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : others;
    if (known === undefined || known === true) return [];
    return known === false ? [`${path}.${key} does not exist`] : valueFaults(known, member, `${path}.${key}`);
  });
  return [...missing, ...faults];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
