import { controlDocument } from '../src/edge/apis/control/document.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
  readonly 'x-lam-line'?: Schema;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const KEYWORDS = new Set([
  'from',
  'async',
  'await',
  'class',
  'def',
  'del',
  'global',
  'import',
  'in',
  'is',
  'pass',
  'return',
  'with',
]);

const snake = (name: string): string =>
  name
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replaceAll('-', '_')
    .replace(/^_/, '');
const pascal = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);

/** The text of the generated part of the Python client: a type per schema, a class per resource. */
export function pythonClient(): string {
  const { paths, components } = controlDocument() as unknown as Document;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  );
  const resources = Map.groupBy(operations, ({ operationId }) => operationId.split('.', 1)[0] ?? '');
  return [
    '"""Made of docs/openapi.json by `npm run openapi`; do not edit."""',
    '',
    'from __future__ import annotations',
    '',
    'import json',
    'from collections.abc import Iterator',
    'from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, Union',
    'from urllib.parse import quote',
    '',
    'from .transport import Transport',
    '',
    ...Object.entries(components.schemas).flatMap(([name, schema]) => ['', ...typeOf(name, schema)]),
    '',
    '',
    'def _json(value: object) -> bytes:',
    '    return json.dumps(value).encode()',
    ...[...resources].flatMap(([name, list]) => ['', '', `class ${pascal(name)}:`, ...classBody(list)]),
    '',
    '',
    'class LamClient:',
    '    """A client of lam\'s own API. Connects only when called, and starts no daemon."""',
    '',
    '    def __init__(',
    '        self,',
    '        *,',
    '        url: str | None = None,',
    '        token: str | None = None,',
    '        home: str | None = None,',
    '        socket_path: str | None = None,',
    '    ) -> None:',
    '        self._transport = Transport(url, token, home, socket_path)',
    ...[...resources.keys()].map((name) => `        self.${snake(name)} = ${pascal(name)}(self._transport)`),
    '',
    '    def tag_of(self, answer: object) -> str | None:',
    '        """The ETag of an answer that this client returned, for `if_match` of a change."""',
    '        return self._transport.tag_of(answer)',
    '',
  ].join('\n');
}

function typeOf(name: string, schema: Schema): string[] {
  const { properties, required = [], description } = schema;
  if (properties === undefined)
    return [...commentOf(description), `${name}: TypeAlias = ${JSON.stringify(pythonType(schema))}`];
  const members = Object.entries(properties).map(([key, each]): [string, string] => {
    const type = pythonType(each);
    return [key, required.includes(key) ? type : `NotRequired[${type}]`];
  });
  if (members.some(([key]) => KEYWORDS.has(key) || !/^\w+$/.test(key)))
    return [
      ...commentOf(description),
      `${name} = TypedDict(`,
      `    "${name}",`,
      '    {',
      ...members.map(([key, type]) => `        "${key}": ${JSON.stringify(type)},`),
      '    },',
      ')',
    ];
  const empty = members.length === 0 && description === undefined ? ['    pass'] : [];
  return [
    '',
    `class ${name}(TypedDict):`,
    ...docOf(description, '    '),
    ...members.map(([key, type]) => `    ${key}: ${type}`),
    ...empty,
  ];
}

function commentOf(text: string | undefined): string[] {
  return text === undefined ? [] : [`# ${text.replaceAll(/\s+/g, ' ')}`];
}

function docOf(text: string | undefined, indent: string): string[] {
  if (text === undefined) return [];
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('\\', '\\\\').replaceAll('"""', "'''");
  return [`${indent}"""${line.endsWith('"') ? `${line} ` : line}"""`];
}

function pythonType(schema: Schema): string {
  const { $ref, anyOf, enum: known, type } = schema;
  if ($ref !== undefined) return $ref.split('/').at(-1) ?? 'Any';
  if (anyOf !== undefined) return unionOf(anyOf.map(pythonType));
  if (known !== undefined)
    return unionOf([literalOf(known.filter((one) => one !== null)), ...(known.includes(null) ? ['None'] : [])]);
  if (schema.const !== undefined) return literalOf([schema.const]);
  if (Array.isArray(type))
    return unionOf((type as readonly string[]).map((one) => pythonType({ ...schema, type: one })));
  return ofType(String(type), schema);
}

/** Types of JSON in Python's words. */
const WORDS: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  null: 'None',
};

function ofType(type: string, { items = {}, additionalProperties }: Schema): string {
  if (type === 'array') return `list[${pythonType(items)}]`;
  if (type === 'object')
    return `dict[str, ${typeof additionalProperties === 'object' ? pythonType(additionalProperties) : 'Any'}]`;
  return WORDS[type] ?? 'Any';
}

function unionOf(types: readonly string[]): string {
  const all = [...new Set(types)];
  return all.length === 1 ? (all[0] ?? 'Any') : `Union[${all.join(', ')}]`;
}

function literalOf(values: readonly unknown[]): string {
  return `Literal[${values.map((one) => JSON.stringify(one)).join(', ')}]`;
}

type Placed = Operation & { readonly path: string; readonly method: string };

function classBody(operations: readonly Placed[]): string[] {
  return [
    '    def __init__(self, transport: Transport) -> None:',
    '        self._transport = transport',
    ...operations.flatMap((one) => ['', ...methodOf(one)]),
  ];
}

function methodOf(operation: Placed): string[] {
  const { operationId, summary, parameters = [], path, method } = operation;
  const inPlace = (place: string): readonly Parameter[] => parameters.filter((one) => one.in === place);
  const body = bodyOf(operation);
  const options = [
    ...inPlace('query').map(({ name, schema }) => `${snake(name)}: ${pythonType(schema)} | None = None`),
    ...inPlace('header').map(({ name }) => `${snake(name.toLowerCase())}: str | None = None`),
    'timeout: float | None = None',
  ];
  const positional = inPlace('path').map(({ name, schema }) => `${snake(name)}: ${pythonType(schema)}`);
  const { type, isStream, asks } = answerOf(operation);
  const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `{quote(str(${snake(name)}), safe='')}`);
  const isFormatted = target.includes('{');
  const give = isStream ? 'return ' : type === 'None' ? '' : `answer: ${type} = `;
  const entries = (list: readonly Parameter[], lower: boolean): string =>
    `{${list.map(({ name }) => `"${lower ? name.toLowerCase() : name}": ${snake(lower ? name.toLowerCase() : name)}`).join(', ')}}`;
  const headers = [
    ...(body === undefined ? [] : [`"content-type": "${body.type}"`]),
    ...inPlace('header').map(({ name }) => `"${name.toLowerCase()}": ${snake(name.toLowerCase())}`),
  ];
  return [
    `    def ${snake(operationId.split('.')[1] ?? '')}(`,
    ...['self', ...positional, ...(body === undefined ? [] : [body.argument]), '*', ...options].map(
      (one) => `        ${one},`,
    ),
    `    ) -> ${isStream ? `Iterator[${type}]` : type}:`,
    ...docOf(summary, '        '),
    `        ${give}self._transport.${asks}(`,
    `            "${method}",`,
    `            ${isFormatted ? 'f' : ''}"${target}",`,
    ...(inPlace('query').length === 0 ? [] : [`            query=${entries(inPlace('query'), false)},`]),
    ...(headers.length === 0 ? [] : [`            headers={${headers.join(', ')}},`]),
    ...(body === undefined ? [] : [`            body=${body.value},`]),
    '            timeout=timeout,',
    '        )',
    ...(isStream || type === 'None' ? [] : ['        return answer']),
  ];
}

/** The argument of a body, and what is sent of it. */
function bodyOf({
  requestBody,
}: Operation): { readonly argument: string; readonly value: string; readonly type: string } | undefined {
  const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(requestBody?.content ?? {});
  if (requestBody === undefined) return undefined;
  if (type !== 'application/json') return { argument: 'content: bytes', value: 'content', type };
  if (schema.$ref === undefined)
    return { argument: 'event: Any = None', value: '_json({} if event is None else event)', type };
  const name = pythonType(schema);
  if (requestBody.required) return { argument: `body: ${name}`, value: '_json(body)', type };
  return { argument: `body: ${name} | None = None`, value: '_json(body or {})', type };
}

interface PythonAnswer {
  readonly type: string;
  readonly isStream: boolean;
  /** The method of the transport that asks for it. */
  readonly asks: 'request' | 'content' | 'lines';
}

function answerOf({ responses }: Operation): PythonAnswer {
  const [[contentType, { schema }] = ['application/json', { schema: {} }]] = Object.entries(
    responses['200']?.content ?? {},
  );
  const line = schema['x-lam-line'];
  if (line !== undefined) return { type: pythonType(line), isStream: true, asks: 'lines' };
  if (contentType !== 'application/json') return { type: 'bytes', isStream: false, asks: 'content' };
  const type = pythonType(schema);
  return { type: type === 'Done' ? 'None' : type, isStream: false, asks: 'request' };
}
