import { lamError } from '../../errors/index.ts';
import { headerValue, type HeaderValues } from '../request.ts';
import { violationsOf, violationsText } from './constraints.ts';
import type { AwsMember, AwsModel, AwsShape } from './model.ts';

/** What a request carries its input in. */
export interface AwsCarried {
  /** Parts of the path by the names of members, decoded. */
  readonly parts: Readonly<Record<string, string>>;
  readonly query: string;
  readonly headers: HeaderValues;
  readonly body: Uint8Array;
}

/** The input of an operation, by the names of its members. Absent members are undefined, never null. */
export type AwsInput = Readonly<Record<string, unknown>>;

/**
 * Reads the input of an operation of a REST-JSON service: path, query, headers and body. Members that the model does
 * not know are ignored, as AWS does. Throws `LAM_AWS_SERIALIZATION` for wrong types, and `LAM_AWS_VALIDATION`
 * with all that breaks a constraint.
 */
export function readInput(model: AwsModel, shapeName: string, carried: AwsCarried): AwsInput {
  const input = typedInput(model, shapeName, carried);
  const violations = violationsOf(model, shapeName, input, '');
  if (violations.length > 0) throw lamError('LAM_AWS_VALIDATION', { message: violationsText(violations) });
  return input;
}

function typedInput(model: AwsModel, shapeName: string, { parts, query, headers, body }: AwsCarried): AwsInput {
  const { members = {}, payload } = model.shapes[shapeName] ?? { type: 'structure' };
  const parameters = new URLSearchParams(query);
  const inBody = Object.values(members).some((member) => typeof member === 'string') && payload === undefined;
  const document = inBody ? documentOf(body) : {};
  const entries = Object.entries(members).map(([name, member]): [string, unknown] => {
    if (name === payload) return [name, body];
    if (typeof member === 'string')
      return [name, typed(model, member, Object.hasOwn(document, name) ? document[name] : undefined)];
    return [name, located(model, member, { parts, parameters, headers })];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

interface Sources {
  readonly parts: AwsCarried['parts'];
  readonly parameters: URLSearchParams;
  readonly headers: HeaderValues;
}

function located(
  model: AwsModel,
  member: Exclude<AwsMember, string>,
  { parts, parameters, headers }: Sources,
): unknown {
  const [shapeName, location, name] = member;
  const shape = model.shapes[shapeName];
  if (location === 'querystring' && shape?.type === 'list') {
    const all = parameters.getAll(name);
    return all.length === 0 ? undefined : all;
  }
  const text =
    location === 'uri'
      ? parts[name]
      : location === 'header'
        ? headerValue(headers, name.toLowerCase())
        : (parameters.get(name) ?? undefined);
  return text === undefined ? undefined : fromText(shape, text);
}

function fromText(shape: AwsShape | undefined, text: string): unknown {
  switch (shape?.type) {
    case 'integer':
    case 'long': {
      if (!/^[+-]?\d{1,18}$/.test(text)) throw cannot('STRING_VALUE', 'an Integer');
      return Number(text);
    }
    case 'boolean':
      return text === 'true';
    default:
      return text;
  }
}

function documentOf(body: Uint8Array): Record<string, unknown> {
  if (body.byteLength === 0) return {};
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
  } catch (error) {
    throw lamError('LAM_AWS_SERIALIZATION', { message: 'Could not parse request body into json.' }, error);
  }
  if (document === null) return {};
  if (typeof document !== 'object' || Array.isArray(document)) throw cannot(kindOf(document), 'an Object');
  return document as Record<string, unknown>;
}

/** Types of JSON by the types of shapes, and how AWS calls them. */
const TYPES: Readonly<Record<string, readonly [isOf: (value: unknown) => boolean, said: string]>> = {
  string: [(value) => typeof value === 'string', 'a String'],
  blob: [(value) => typeof value === 'string', 'a Blob'],
  boolean: [(value) => typeof value === 'boolean', 'a Boolean'],
  integer: [(value) => typeof value === 'number' && Number.isInteger(value), 'an Integer'],
  long: [(value) => typeof value === 'number' && Number.isInteger(value), 'a Long'],
  double: [(value) => typeof value === 'number', 'a Double'],
  float: [(value) => typeof value === 'number', 'a Float'],
  timestamp: [(value) => typeof value === 'number' || typeof value === 'string', 'a Timestamp'],
  list: [(value) => Array.isArray(value), 'a List'],
  map: [isMap, 'a Map'],
  structure: [isMap, 'a Structure'],
};

/** Checks the types of a JSON value; drops nulls and what the model does not know. */
function typed(model: AwsModel, shapeName: string, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  const shape = model.shapes[shapeName];
  if (shape === undefined) return value;
  const [isOf, called] = TYPES[shape.type] ?? [(): boolean => true, ''];
  if (!isOf(value)) throw cannot(kindOf(value), called);
  switch (shape.type) {
    case 'structure': {
      const given = value as Record<string, unknown>;
      const names = Object.keys(shape.members ?? {}).filter((name) => Object.hasOwn(given, name));
      const entries = names.map((name): [string, unknown] => {
        const member = shape.members?.[name] ?? '';
        return [name, typed(model, typeof member === 'string' ? member : member[0], given[name])];
      });
      return Object.fromEntries(entries.filter(([, inside]) => inside !== undefined));
    }
    case 'list':
      return (value as unknown[]).flatMap((item) => typed(model, shape.member ?? '', item) ?? []);
    case 'map': {
      const entries = Object.entries(value).map(([key, item]) => [key, typed(model, shape.value ?? '', item)] as const);
      return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
    }
    default:
      return value;
  }
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'START_ARRAY';
  if (typeof value === 'object') return 'START_OBJECT';
  return typeof value === 'number' ? 'NUMBER_VALUE' : typeof value === 'boolean' ? 'TRUE_VALUE' : 'STRING_VALUE';
}

function cannot(kind: string, wanted: string): Error {
  return lamError('LAM_AWS_SERIALIZATION', { message: `${kind} can not be converted to ${wanted}` });
}
