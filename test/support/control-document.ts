import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { controlDocument } from '../../src/edge/apis/control/document.ts';

interface Content {
  readonly schema: object & { readonly 'x-lam-line'?: object };
}

interface Response {
  readonly content?: Readonly<Record<string, Content>>;
}

interface DocumentParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
}

/** An operation of the document of lam's own API. */
export interface Operation {
  readonly operationId: string;
  readonly method: string;
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly parameters?: readonly DocumentParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'path'>>>>>;
  readonly components: object;
}

const DOCUMENT = controlDocument() as unknown as Document;

/** All operations of the document. */
export const OPERATIONS: readonly Operation[] = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
);

const ajv = new Ajv2020({ strict: false });
ajv.addSchema({ $id: 'lam', components: DOCUMENT.components });
const compiled = new Map<object, ValidateFunction>();

function validatorOf(schema: object): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const text = JSON.stringify(schema).replaceAll('"#/', '"lam#/');
  const made = ajv.compile(JSON.parse(text) as object);
  compiled.set(schema, made);
  return made;
}

/** The operation that a request asks for, or undefined. */
export function operationAt(method: string, target: string): Operation | undefined {
  const parts = target.replace(/\?.*$/s, '').split('/');
  return OPERATIONS.find((operation) => {
    const pattern = operation.path.split('/');
    if (operation.method !== method || pattern.length !== parts.length) return false;
    return pattern.every((part, i) => part.startsWith('{') || part === parts[i]);
  });
}

/** An answer of lam's own API. */
export interface CheckedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Fails where an answer is not as the document says. */
export function checkAnswer(method: string, target: string, answer: CheckedAnswer): void {
  const { status, text, headers } = answer;
  const said = `${method} ${target}: ${status} ${text.slice(0, 2000)}`;
  const type = String(headers['content-type'] ?? '');
  if (status >= 400) return assertProblem(type, answer, said);
  const schema = operationAt(method, target)?.responses[status]?.content?.[type]?.schema;
  assert.ok(schema !== undefined, `the document lacks '${type}' of ${said}`);
  if (!type.endsWith('json')) return;
  const { 'x-lam-line': line } = schema;
  const values = line === undefined ? [text] : text.split('\n').filter((one) => one !== '');
  for (const value of values) assertValid(line ?? schema, value, said);
}

function assertProblem(type: string, { text, status }: CheckedAnswer, said: string): void {
  assert.equal(type, 'application/problem+json', said);
  assertValid({ $ref: '#/components/schemas/ProblemDetails' }, text, said);
  assert.equal((JSON.parse(text) as { status: number }).status, status, said);
}

const problems = new Map<string, object>();

function assertValid(schema: object, text: string, said: string): void {
  const key = JSON.stringify(schema);
  const same = problems.get(key) ?? schema;
  problems.set(key, same);
  const validate = validatorOf(same);
  assert.ok(validate(JSON.parse(text)), `${said}\n${ajv.errorsText(validate.errors)}`);
}
