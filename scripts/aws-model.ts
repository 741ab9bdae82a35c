// `node scripts/aws-model.ts SERVICE-2.JSON.GZ [API OPERATION...]`: writes the table of AWS Lambda's operations and the
// shapes of their input, from the service model that AWS's SDK for Python (botocore, Apache-2.0) ships as
// botocore/data/lambda/2015-03-31/service-2.json.gz; or some operations of another service for the API of a folder:
// `.../logs/2014-03-28/service-2.json.gz aws-logs DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents`.
// Facts only: no documentation.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface Member {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header';
  readonly locationName?: string;
}

interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, Member>>;
  readonly required?: readonly string[];
  readonly payload?: string;
  readonly member?: Member;
  readonly key?: Member;
  readonly value?: Member;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly sensitive?: boolean;
}

interface Model {
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
        readonly input?: { readonly shape: string };
      }
    >
  >;
  readonly shapes: Readonly<Record<string, Shape>>;
}

const [source, api = 'aws-lambda', ...chosen] = process.argv.slice(2);
if (source === undefined) throw new Error('usage: node scripts/aws-model.ts SERVICE-2.JSON.GZ [API OPERATION...]');
const bytes = readFileSync(source);
const model = JSON.parse((source.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as Model;
const target = join(import.meta.dirname, '../src/edge/apis', api, 'model/facts.ts');

/** Paths of operations that are only refused by name, so that their input does not matter. */
const NAMED_ALONE = /^\/(?:2025-11-30|2025-12-01|2026-07-09)\//;

const used = new Set<string>();
const shapes: string[] = [];

/** Adds the facts of a shape and of those that it contains. */
function add(name: string): void {
  if (used.has(name)) return;
  used.add(name);
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`the model has no shape ${name}`);
  const { type, required, payload, pattern, min, max } = shape;
  const members = Object.entries(shape.members ?? {}).map(([member, { shape: of, location, locationName }]) => [
    member,
    location === undefined ? of : [of, location, locationName],
  ]);
  const facts = {
    type,
    ...(members.length > 0 ? { members: Object.fromEntries(members) } : {}),
    ...{ required, payload, pattern, enum: shape.enum, min, max, sensitive: shape.sensitive },
    member: shape.member?.shape,
    key: shape.key?.shape,
    value: shape.value?.shape,
  };
  shapes.push(`"${name}":${JSON.stringify(facts)}`);
  const inside = [...Object.values(shape.members ?? {}), shape.member, shape.key, shape.value];
  for (const each of inside) if (each !== undefined) add(each.shape);
}

const isChosen = ([name]: readonly [string, unknown]): boolean => chosen.length === 0 || chosen.includes(name);
const operations = Object.entries(model.operations)
  .filter(isChosen)
  .map(([name, { http, input }]) => {
    const hasInput = input !== undefined && !NAMED_ALONE.test(http.requestUri);
    if (hasInput) add(input.shape);
    const facts = [http.method, http.requestUri, http.responseCode ?? 200, ...(hasInput ? [input.shape] : [])];
    return `"${name}":${JSON.stringify(facts)}`;
  });
const json = `{"operations":{\n${operations.join(',\n')}\n},"shapes":{\n${shapes.join(',\n')}\n}}`;
if (/`|\$\{/.test(json)) throw new Error('a fact cannot stand in a template literal');
writeFileSync(
  target,
  [
    "// Made by scripts/aws-model.ts from AWS's own service model; do not edit.",
    '/** {@link AwsModel} as JSON, which is parsed when it is first needed. */',
    `export const FACTS: string = String.raw\`${json}\`;`,
    '',
  ].join('\n'),
);
