import { lamError } from '../../../errors/index.ts';

/** The part of JSON schema that the bodies of requests use. */
export interface BodySchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly anyOf?: readonly BodySchema[];
  readonly items?: BodySchema;
  readonly properties?: Readonly<Record<string, BodySchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | BodySchema;
}

/** Schemas by name. */
export type BodySchemas = Readonly<Record<string, BodySchema>>;

/** What schemas are called in references. */
export const SCHEMA_PREFIX = '#/components/schemas/';

/**
 * Schemas whose values operations check, with better errors than a schema gives: settings, names, manifests. Here their
 * JSON type alone counts.
 */
const CHECKED_LATER: ReadonlySet<string> = new Set([
  ...[
    'ConfigInput',
    'FlagSettings',
    'LiveSettings',
    'SettingName',
    'EnvironmentChange',
    'ManifestEntry',
    'ShortItem',
    'TriggerConfig',
  ],
]);

/**
 * Checks the shape of a request's body. Upper bounds and patterns of values are left to operations. Throws
 * `LAM_EDGE_BAD_REQUEST`, which names the member at fault.
 */
export function conform(value: unknown, schema: BodySchema, schemas: BodySchemas): void {
  const fault = faultOf({ value, at: '' }, schema, schemas);
  if (fault !== undefined) throw lamError('LAM_EDGE_BAD_REQUEST', { what: fault });
}

interface Place {
  readonly value: unknown;
  /** Path of members, empty for the body itself. */
  readonly at: string;
}

function faultOf({ value, at }: Place, schema: BodySchema, schemas: BodySchemas): string | undefined {
  const { $ref, anyOf } = schema;
  const name = $ref?.slice(SCHEMA_PREFIX.length);
  if (name !== undefined) {
    const { type, ...more } = schemas[name] ?? {};
    return faultOf(
      { value, at },
      { ...(type === undefined ? {} : { type }), ...(CHECKED_LATER.has(name) ? {} : more) },
      schemas,
    );
  }
  if (anyOf !== undefined) {
    const faults = anyOf.map((one) => faultOf({ value, at }, one, schemas));
    return faults.includes(undefined) ? undefined : faults[0];
  }
  return (
    typeFault({ value, at }, schema) ??
    elementFault({ value, at }, schema, schemas) ??
    memberFault({ value, at }, schema, schemas)
  );
}

function typeFault({ value, at }: Place, { type, enum: known, const: only, minimum }: BodySchema): string | undefined {
  const subject = at === '' ? 'the body' : `'${at}'`;
  if (type !== undefined && ![type].flat().some((one) => isOf(value, one)))
    return `${subject} is not ${[type].flat().map(nounOf).join(' or ')}`;
  if (only !== undefined && value !== only) return `${subject} is not ${JSON.stringify(only)}`;
  if (minimum !== undefined && Number(value) < minimum) return `${subject} is not at least ${minimum}`;
  return known === undefined || known.includes(value) ? undefined : `${subject} is not one of ${known.join(', ')}`;
}

function elementFault({ value, at }: Place, { items }: BodySchema, schemas: BodySchemas): string | undefined {
  if (items === undefined || !Array.isArray(value)) return undefined;
  for (const [index, one] of value.entries()) {
    const fault = faultOf({ value: one, at: `${at}[${index}]` }, items, schemas);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function memberFault({ value, at }: Place, schema: BodySchema, schemas: BodySchemas): string | undefined {
  const { properties, required = [], additionalProperties: others = true } = schema;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const inside = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `'${inside(missing)}' is missing`;
  for (const [name, member] of Object.entries(value)) {
    const known = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : others;
    if (known === false) return `'${inside(name)}' is unknown`;
    if (known === true || known === undefined) continue;
    const fault = faultOf({ value: member, at: inside(name) }, known, schemas);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function nounOf(type: string): string {
  return type === 'array' ? 'a list' : type === 'null' ? type : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}
