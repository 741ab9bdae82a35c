import fc from 'fast-check';
import { controlDocument } from '../../src/edge/apis/control/document.ts';
import type { BodySchema as Schema } from '../../src/edge/apis/control/conform.ts';
import type { Operation } from './control-document.ts';

const { schemas } = (controlDocument() as { components: { schemas: Readonly<Record<string, Schema>> } }).components;

/** How deep values go. */
const DEPTH = 6;

/** Bodies of an operation: mostly as its schema says, with any JSON in single places. @param digest of an artifact */
export function bodiesOf({ requestBody }: Operation, digest: string): fc.Arbitrary<unknown> {
  const schema = requestBody?.content['application/json']?.schema as Schema | undefined;
  return schema === undefined
    ? fc.constant(undefined)
    : fc.oneof({ arbitrary: valueOf(schema, 0).map((body) => withDigest(body, digest)), weight: 19 }, fc.jsonValue());
}

/** Code that there is, so that more is looked at than its name. */
function withDigest(body: unknown, digest: string): unknown {
  const names = typeof body === 'object' && body !== null && 'artifact' in body && typeof body.artifact === 'string';
  return names ? { ...body, artifact: digest } : body;
}

function valueOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  const right = rightValueOf(schema, depth);
  return depth === 0
    ? right
    : fc.oneof({ arbitrary: right, weight: 30 }, { arbitrary: fc.jsonValue({ maxDepth: 1 }), weight: 1 });
}

function rightValueOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (depth > DEPTH) return fc.constant(null);
  const { $ref, anyOf, enum: known } = schema;
  if ($ref !== undefined) return rightValueOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, depth);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => rightValueOf(one, depth + 1)));
  if (known !== undefined) return fc.constantFrom(...known);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const types = [schema.type ?? 'any'].flat();
  return fc.oneof(...types.map((type) => ofType(type, schema, depth)));
}

function ofType(type: string, schema: Schema, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return objectOf(schema, depth);
    case 'array':
      return fc.array(valueOf(schema.items ?? {}, depth + 1), { maxLength: 3 });
    case 'string':
      return fc.oneof(fc.string(), fc.constantFrom('hello', 'nodejs', 'prod', 'GET /a', 'every 1h', 'a'.repeat(64)));
    case 'integer':
      return fc.oneof(fc.integer({ min: -2, max: 300 }), fc.constant(2 ** 53));
    case 'number':
      return fc.oneof(fc.integer({ min: -2, max: 300 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf(
  { properties = {}, required = [], additionalProperties }: Schema,
  depth: number,
): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, valueOf(each, depth + 1)]),
  );
  const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const known = fc.record(members, { requiredKeys: required.filter((name) => name in members) });
  if (others === undefined) return known;
  const more = fc.dictionary(fc.string({ maxLength: 8 }), valueOf(others, depth + 1), { maxKeys: 2 });
  return fc.tuple(known, more).map(([a, b]) => ({ ...b, ...a }));
}
