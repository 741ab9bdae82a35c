import {
  ASYNC_STATES,
  AUDIT_OUTCOMES,
  isAliasName,
  isFunctionName,
  isLayerName,
  knownRequestId,
  knownVersion,
  MOST_WAIT_MS,
  type AliasName,
  type FunctionName,
  type LayerName,
  type RequestId,
  type VersionNumber,
} from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Operations } from '../../../operations/index.ts';

/** A parameter of a path or a query. */
interface Parameter {
  readonly description: string;
  readonly schema: {
    readonly type: 'string' | 'number' | 'integer' | 'boolean';
    readonly enum?: readonly string[];
    readonly minimum?: number;
    readonly maximum?: number;
    readonly minLength?: number;
    readonly default?: string | number | boolean;
  };
}

const TEXT = { type: 'string' } as const;
const NAME = { type: 'string', minLength: 1 } as const;
const FLAG = { type: 'boolean', default: false } as const;
const TIME = { type: 'number', minimum: 0 } as const;

/** Parts of paths. */
export const PATH_PARAMETERS = {
  name: { description: "The function's name.", schema: NAME },
  version: { description: "The version's number.", schema: { type: 'integer', minimum: 1 } },
  alias: { description: "The alias's name.", schema: NAME },
  type: { description: 'Kind of the trigger, for instance `schedule`.', schema: NAME },
  trigger: { description: "The trigger's name.", schema: NAME },
  layer: { description: "The layer's name.", schema: NAME },
  key: { description: "The API key's name.", schema: NAME },
  artifact: { description: "The artifact's digest.", schema: NAME },
  id: { description: "The asynchronous invocation's id.", schema: NAME },
} as const satisfies Record<string, Parameter>;

export type PathName = keyof typeof PATH_PARAMETERS;

/** Most entries of a page. */
const MOST_ENTRIES = 1000;
/** Entries of a page, unless the request says otherwise. */
export const PAGE = 50;

/** Parameters of queries, each the same wherever it occurs. */
export const QUERY_PARAMETERS = {
  after: { description: 'The `next` of the page before.', schema: TEXT },
  dead: { description: 'Only dead letters.', schema: FLAG },
  follow: { description: 'Also new records, until the client leaves.', schema: FLAG },
  function: { description: 'Only those of this function.', schema: NAME },
  limit: {
    description: 'Most entries of the page.',
    schema: { type: 'integer', minimum: 0, maximum: MOST_ENTRIES, default: PAGE },
  },
  key: { description: 'Only those of this API key.', schema: NAME },
  lines: { description: 'At most this many records, the newest.', schema: { type: 'integer', minimum: 0 } },
  log: { description: 'Adds the end of what the invocation printed to the answer.', schema: FLAG },
  mark: { description: 'With `follow`: an empty line after the stored records.', schema: FLAG },
  name: { description: 'All versions of this layer; without it the newest of each.', schema: NAME },
  notBefore: { description: 'Earliest start (milliseconds since the epoch).', schema: TIME },
  outcome: { description: 'Only those that ended so.', schema: { type: 'string', enum: AUDIT_OUTCOMES } },
  path: { description: 'Path of the file within the code.', schema: TEXT },
  qualifier: { description: 'A version or an alias; without it the live version.', schema: NAME },
  requestId: {
    description: "An invocation's id or its first characters; empty for output outside any invocation.",
    schema: TEXT,
  },
  search: { description: 'Only records whose text contains this, in any case.', schema: TEXT },
  since: { description: 'Milliseconds since the epoch, inclusive.', schema: TIME },
  state: { description: 'Only those in this state.', schema: { type: 'string', enum: ASYNC_STATES } },
  type: { description: 'Only triggers of this kind.', schema: NAME },
  until: { description: 'Milliseconds since the epoch, inclusive.', schema: TIME },
  version: { description: "A version's number.", schema: { type: 'integer', minimum: 0 } },
  wait: {
    description: 'Answers once it has finished, at the latest after this time (ms).',
    schema: { type: 'integer', minimum: 0, maximum: MOST_WAIT_MS, default: 0 },
  },
  withoutPlatform: { description: "Leaves out lam's own lines.", schema: FLAG },
} as const satisfies Record<string, Parameter>;

export type QueryName = keyof typeof QUERY_PARAMETERS;

type ValueOf<T> = T extends 'boolean' ? boolean : T extends 'string' ? string : number;

/** Values of a query; what the request does not say is absent. */
export type QueryValues = {
  readonly [K in QueryName]?: ValueOf<(typeof QUERY_PARAMETERS)[K]['schema']['type']>;
};

function bad(what: string): never {
  throw lamError('LAM_EDGE_BAD_REQUEST', { what });
}

/** Reads the query of a request to a route that knows these parameters. Throws `LAM_EDGE_BAD_REQUEST`. Pure. */
export function queryOf(query: string, known: readonly QueryName[] = []): QueryValues {
  const values: Record<string, string | number | boolean> = {};
  for (const [key, text] of new URLSearchParams(query)) {
    const name = known.find((one) => one === key);
    if (name === undefined) return bad(`the query parameter '${key}' is unknown here`);
    if (name in values) return bad(`the query parameter '${key}' occurs twice`);
    values[name] = valueOf(name, text);
  }
  return values;
}

const FLAGS: Readonly<Record<string, boolean>> = { '1': true, true: true, '0': false, false: false };

function valueOf(name: QueryName, text: string): string | number | boolean {
  const { type, ...more }: Parameter['schema'] = QUERY_PARAMETERS[name].schema;
  if (type === 'boolean') return FLAGS[text] ?? bad(`'${name}' is not true or false: ${text}`);
  if (type === 'string') return textOf(name, text, more);
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) return bad(`'${name}' is not a number: ${text}`);
  const { minimum = -Infinity, maximum = Infinity } = more;
  if (type === 'integer' && !Number.isSafeInteger(value)) return bad(`'${name}' is not a whole number: ${text}`);
  if (value >= minimum && value <= maximum) return value;
  return bad(`'${name}' is not ${maximum === Infinity ? `at least ${minimum}` : `${minimum} to ${maximum}`}: ${text}`);
}

function textOf(name: string, text: string, { enum: known, minLength = 0 }: Omit<Parameter['schema'], 'type'>): string {
  if (text.length < minLength) return bad(`'${name}' is empty`);
  if (known === undefined) return text;
  return (
    known.find((one) => one.toLowerCase() === text.toLowerCase()) ??
    bad(`'${name}' is not one of ${known.join(', ')}: ${text}`)
  );
}

/** Decoded parts of a path by name. */
export type PathValues = Readonly<Partial<Record<PathName, string>>>;

interface Parts {
  readonly path: PathValues;
}

/** The function that a path names. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` for what no function can be called. */
export function functionPart({ functions }: Operations, { path }: Parts): FunctionName {
  return functions.named(path.name ?? '');
}

/** The function that a path publishes, which need not exist. Throws `LAM_REGISTRY_INVALID_NAME`. */
export function newFunctionPart({ path: { name = '' } }: Parts): FunctionName {
  if (!isFunctionName(name)) throw lamError('LAM_REGISTRY_INVALID_NAME', { name });
  return name;
}

/** The trigger that a path names. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` for what no function can be called. */
export function triggerPart(
  operations: Operations,
  call: Parts,
): { readonly functionName: FunctionName; readonly type: string; readonly name: string } {
  const { type = '', trigger = '' } = call.path;
  return { functionName: functionPart(operations, call), type, name: trigger };
}

/** The alias that a path names. Throws `LAM_REGISTRY_ALIAS_NOT_FOUND` for what no alias can be called. */
export function aliasPart({ path: { name = '', alias = '' } }: Parts): AliasName {
  if (!isAliasName(alias)) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias });
  return alias;
}

/** The alias that a path sets, which need not exist. Throws `LAM_REGISTRY_INVALID_ALIAS`. */
export function newAliasPart({ path: { alias = '' } }: Parts): AliasName {
  if (!isAliasName(alias)) throw lamError('LAM_REGISTRY_INVALID_ALIAS', { alias });
  return alias;
}

/** The version that a path names. A number that is larger than any version's is answered as one that does not exist. */
export function versionPart({ path: { version: text = '' } }: Parts): VersionNumber {
  const version = Number(text);
  return Number.isInteger(version) && version >= 1 ? knownVersion(version) : bad(`'${text}' is not a version number`);
}

/** The layer of a path or query. Throws `LAM_OPERATIONS_INVALID_LAYER_NAME`. */
export function layerOf(name = ''): LayerName {
  if (!isLayerName(name)) throw lamError('LAM_OPERATIONS_INVALID_LAYER_NAME', { name });
  return name;
}

/** The asynchronous invocation that a path names, which need not exist. */
export function invocationPart({ path: { id = '' } }: Parts): RequestId {
  return knownRequestId(id);
}
