import type { ConfigInput, FunctionName, TriggerConfig } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { nearest } from '../kit/index.ts';
import {
  declarationFaults,
  kindOf,
  newTriggerFaults,
  shapeFaults,
  TRIGGER_KINDS,
  triggerName,
  triggerSettingText,
  type TriggerKind,
} from '../triggers/index.ts';

/** Types of triggers, for help and completion. */
export const TRIGGER_TYPES: readonly string[] = TRIGGER_KINDS.map(({ type }) => type);

/** A trigger as a command was given it. */
export interface TriggerWords {
  readonly type: string;
  /** The function, for hints. */
  readonly functionName: FunctionName;
  readonly name: string | undefined;
  /** `SETTING=VALUE` each. */
  readonly pairs: readonly string[];
}

/**
 * Parses a trigger from `SETTING=VALUE` pairs and checks it as if lam.yaml had it. A setting of a map is written
 * `cors.origins=...` or as JSON; lists are made of repeated settings, or are JSON. Throws
 * `LAM_PROJECT_UNKNOWN_TRIGGER_TYPE` or `LAM_PROJECT_BAD_TRIGGER`.
 */
export function parseTrigger({ type, functionName, name, pairs }: TriggerWords, now: number): TriggerConfig {
  const kind = kindOf({ type }, TRIGGER_KINDS);
  if (kind === undefined) {
    const meant = nearest(type, TRIGGER_TYPES);
    throw lamError('LAM_PROJECT_UNKNOWN_TRIGGER_TYPE', {
      type,
      known: TRIGGER_TYPES,
      ...(meant === undefined ? {} : { nearest: meant }),
    });
  }
  const settings: Record<string, unknown> = {};
  const faults = pairs.flatMap((pair) => addPair(settings, pair, kind) ?? []);
  const config: TriggerConfig = { type, ...(name === undefined ? {} : { name }), ...settings };
  const fail = (all: readonly string[]): never => {
    throw lamError('LAM_PROJECT_BAD_TRIGGER', { type, faults: all, example: exampleOf(kind, functionName) });
  };
  // A setting without a readable value is not also missing.
  if (faults.length > 0) return fail(faults);
  const misshapen = shapeFaults(config, TRIGGER_KINDS).map(({ message }) => message);
  if (misshapen.length > 0) return fail(misshapen);
  const wrong = declarationFaults([{ functionName, config }], TRIGGER_KINDS).map(({ message }) => message);
  const late = wrong.length > 0 ? wrong : newTriggerFaults([config], [], now, TRIGGER_KINDS);
  return late.length > 0 ? fail(late) : config;
}

/** The name of a trigger with its type, which is unique within a function: `rabbitmq:orders`. */
export function typedName(config: TriggerConfig): string {
  const kind = kindOf(config, TRIGGER_KINDS);
  return `${config.type}:${kind === undefined ? (config.name ?? '') : triggerName(config, kind)}`;
}

/** A value of a setting in words, for commands. */
export function shownSetting(field: keyof ConfigInput, value: unknown): string {
  return triggerSettingText(field, value, TRIGGER_KINDS);
}

/** Adds the value of a pair to `settings`; returns what is wrong with it. */
function addPair(settings: Record<string, unknown>, pair: string, kind: TriggerKind): string | undefined {
  const equals = pair.indexOf('=');
  const path = equals === -1 ? pair : pair.slice(0, equals);
  const [key = '', member, ...more] = path.split('.');
  const { properties } = kind.schema;
  const setting = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (setting === undefined) return unknownSetting(key, kind);
  if (equals === -1) return `'${pair}' has no value: write ${pair}=VALUE`;
  const text = pair.slice(equals + 1);
  if (member === undefined) {
    settings[key] = valueOf(text, setting.type, settings[key]);
    return undefined;
  }
  const members = setting.properties ?? {};
  const schema = more.length === 0 && Object.hasOwn(members, member) ? members[member] : undefined;
  if (schema === undefined) return `'${key}' has no setting '${[member, ...more].join('.')}'`;
  const before = settings[key];
  const map = typeof before === 'object' && before !== null ? (before as Record<string, unknown>) : {};
  settings[key] = { ...map, [member]: valueOf(text, schema.type, map[member]) };
  return undefined;
}

function unknownSetting(key: string, { type, schema }: TriggerKind): string {
  const known = Object.keys(schema.properties);
  const meant = nearest(key, known);
  return `'${key}' is not a setting of type ${type}${meant === undefined ? `; there are ${known.join(', ')}` : `; did you mean '${meant}'?`}`;
}

/** Reads a value for the types that a setting may have; the check of its shape reports what does not fit. */
function valueOf(text: string, type: string | readonly string[], before: unknown): unknown {
  const types = typeof type === 'string' ? [type] : type;
  const isOf = (...some: readonly string[]): boolean => some.some((one) => types.includes(one));
  const isJson = (isOf('array') && text.startsWith('[')) || (isOf('object') && text.startsWith('{'));
  if (isJson) return jsonOf(text);
  if (isOf('number', 'integer') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (isOf('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return isOf('array') && (!isOf('string') || before !== undefined) ? [...listOf(before), text] : text;
}

/** A value that is given again, as the list that it becomes. */
function listOf(before: unknown): readonly unknown[] {
  if (before === undefined) return [];
  return Array.isArray(before) ? (before as unknown[]) : [before];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A command that adds a trigger of a kind, for hints. */
function exampleOf({ type, schema, shortForm }: TriggerKind, functionName: FunctionName): string {
  const [item] = shortForm?.examples[0] ?? [];
  const config = schema.required.length === 0 && item !== undefined ? shortForm?.expand(item) : undefined;
  const examples = schema.required.map((key) => [key, schema.properties[key]?.examples?.[0]] as const);
  const pairs = config === undefined ? examples : Object.entries(config).filter(([key]) => key !== 'type');
  const words = pairs.map(([key, value]) => {
    const pair = `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
    return /^[\w@%+=:,./-]+$/.test(pair) ? pair : `'${pair}'`;
  });
  return `lam trigger add ${type} ${functionName} ${words.join(' ')}`;
}
