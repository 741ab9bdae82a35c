import type { ErrorObject } from 'ajv';
import { settingOfAws } from '../contract/index.ts';
import { nearest } from '../kit/index.ts';
import type { TriggerKind } from '../triggers/index.ts';
import type { SourceDocument, ValuePath } from './document.ts';
import type { ProjectFault } from './project.ts';
import { schemaErrors } from './validator.ts';

/** Checks a parsed lam.yaml against the schema; returns all faults with their positions. */
export function structureFaults(source: SourceDocument, kinds: readonly TriggerKind[]): readonly ProjectFault[] {
  return schemaErrors(source.value, kinds).flatMap((error) => describe(error, source) ?? []);
}

function describe(error: ErrorObject, source: SourceDocument): ProjectFault | undefined {
  const path = pathOf(error.instancePath, source.value);
  const params: Record<string, unknown> = error.params;
  const name = path.length === 0 ? 'the file' : `'${path.join('.')}'`;
  switch (error.keyword) {
    // Only wraps errors that are reported by themselves.
    case 'if':
      return undefined;
    case 'propertyNames': {
      const key = String(params['propertyName']);
      return source.fault(
        [...path, key],
        `'${key}' is not a function name: use 1 to 64 of a-z, A-Z, 0-9, '-' and '_'`,
        'key',
      );
    }
    case 'additionalProperties':
      return unknownKey(error, path, source);
    case 'required':
      return source.fault(path, requiredMessage(String(params['missingProperty']), path), 'key');
    case 'pattern':
      if (error.propertyName !== undefined) return undefined;
      return source.fault(
        path,
        `${name} is '${String(error.data)}', which is not a function name: use 1 to 64 of a-z, A-Z, 0-9, '-' and '_'`,
      );
    case 'type':
      return source.fault(path, `${name} must be ${typeNames(params['type'])}, but is ${shown(error.data)}`);
    case 'enum':
      return source.fault(
        path,
        `${name} must be one of ${listOf(params['allowedValues'])}, but is ${shown(error.data)}`,
      );
    case 'minimum':
      return source.fault(path, `${name} must be at least ${String(params['limit'])}, but is ${shown(error.data)}`);
    case 'maximum':
      return source.fault(path, `${name} must be at most ${String(params['limit'])}, but is ${shown(error.data)}`);
    case 'minLength':
    case 'minProperties':
      return source.fault(path, `${name} must not be empty`);
    default:
      return source.fault(path, `${name} ${error.message ?? 'is not valid'}`);
  }
}

function unknownKey(error: ErrorObject, path: ValuePath, source: SourceDocument): ProjectFault {
  const key = String((error.params as Record<string, unknown>)['additionalProperty']);
  const properties = ((error.parentSchema ?? {})['properties'] ?? {}) as Readonly<Record<string, Nesting>>;
  const known = Object.keys(properties);
  const suggestion = keyMeant(key, properties);
  const advice = suggestion === undefined ? `; known are ${known.join(', ')}` : `; did you mean '${suggestion}'?`;
  return source.fault(
    [...path, key],
    `unknown key '${key}'${path.length === 0 ? '' : ` in '${path.join('.')}'`}${advice}`,
    'key',
  );
}

/** The part of a property's schema that says which keys it has. */
interface Nesting {
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The key that was probably meant: one in its place, AWS's name for one, or one of the maps there: `async.onFailure`. */
function keyMeant(key: string, properties: Readonly<Record<string, Nesting>>): string | undefined {
  const known = Object.keys(properties);
  const near =
    nearest(key, known) ??
    known.find((each) => key.length > 2 && each.startsWith(key.toLowerCase())) ??
    settingOfAws(key);
  if (near !== undefined && known.includes(near)) return near;
  for (const [name, { properties: own = {} }] of Object.entries(properties)) {
    const inside = Object.keys(own).find((each) => each.toLowerCase() === key.toLowerCase());
    if (inside !== undefined) return `${name}.${inside}`;
  }
  return undefined;
}

function requiredMessage(missing: string, path: ValuePath): string {
  if (path.length === 0 && missing === 'name') return "'name' is missing; a project has a 'name' or a map 'functions'";
  return `'${[...path, missing].join('.')}' is missing`;
}

/** Converts Ajv's JSON pointer to a path, with list indexes as numbers. */
function pathOf(pointer: string, root: unknown): ValuePath {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => {
      const step = Array.isArray(value) ? Number(part) : part;
      value = (value as Record<string | number, unknown>)[step];
      return step;
    });
}

function typeNames(type: unknown): string {
  const names: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    object: 'a map',
    array: 'a list',
  };
  return (Array.isArray(type) ? type : [type]).map((name) => names[String(name)] ?? String(name)).join(', or ');
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `'${text.length > 60 ? `${text.slice(0, 60)}...` : text}'`;
}

function listOf(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => `'${String(value)}'`).join(', ') : String(values);
}
