import type { PatternReader } from './pattern-reader.ts';

/** A value that a pattern compares: of a JSON document or a column. */
export type Scalar = string | number | boolean;

/** Decides about a subject: the values of a document, the columns of a line. */
export type Decides<T> = (subject: T) => boolean;

const OPERATORS = ['!=', '<=', '>=', '=', '<', '>'] as const;
export type Operator = (typeof OPERATORS)[number];

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;
/** A value without quotes, up to what ends it. */
const BARE = /(?:(?!&&|\|\|)[^\s,()[\]{}"%=<>!])+/y;

/** Reads conditions that are joined by `&&`, `||` and parentheses. Throws `LAM_AWS_PARAMETER`. */
export function readExpression<T>(reader: PatternReader, readOne: () => Decides<T>): Decides<T> {
  const either = [readAll(reader, readOne)];
  while (reader.take('||')) either.push(readAll(reader, readOne));
  return (subject) => either.some((decides) => decides(subject));
}

function readAll<T>(reader: PatternReader, readOne: () => Decides<T>): Decides<T> {
  const all = [readTerm(reader, readOne)];
  while (reader.take('&&')) all.push(readTerm(reader, readOne));
  return (subject) => all.every((decides) => decides(subject));
}

function readTerm<T>(reader: PatternReader, readOne: () => Decides<T>): Decides<T> {
  reader.skipSpace();
  let decides: Decides<T>;
  if (reader.take('(')) {
    decides = readExpression(reader, readOne);
    reader.expect(')');
  } else decides = readOne();
  reader.skipSpace();
  return decides;
}

/** Takes an operator; undefined if none comes next. */
export function takeOperator(reader: PatternReader): Operator | undefined {
  return OPERATORS.find((operator) => reader.take(operator));
}

/** Reads the value after an operator: a text in quotes or not, with `*` for anything; a number; an expression in `%`. */
export function readComparison(reader: PatternReader, operator: Operator): Decides<Scalar> {
  reader.skipSpace();
  const isEquality = operator === '=' || operator === '!=';
  const { equals, number } = readValue(reader);
  if (isEquality) return operator === '=' ? equals : (scalar) => !equals(scalar);
  if (number === undefined) return reader.fail(`'${operator}' compares numbers`);
  return (scalar) => {
    const given = numberOf(scalar);
    return given !== undefined && isOrdered(operator, given, number);
  };
}

interface PatternValue {
  readonly equals: Decides<Scalar>;
  readonly number?: number;
}

function readValue(reader: PatternReader): PatternValue {
  if (reader.next === '%') {
    const search = reader.regex();
    return { equals: (scalar) => search(String(scalar)) };
  }
  if (reader.next === '"') {
    const fits = wildcard(reader.quoted('"'));
    return { equals: (scalar) => typeof scalar === 'string' && fits(scalar) };
  }
  const bare = reader.takeMatch(BARE) ?? reader.fail('a value is missing');
  const fits = wildcard(bare);
  if (!NUMBER.test(bare)) return { equals: (scalar) => fits(String(scalar)) };
  const number = Number(bare);
  return { number, equals: (scalar) => numberOf(scalar) === number || scalar === bare };
}

function numberOf(scalar: Scalar): number | undefined {
  if (typeof scalar === 'number') return scalar;
  return typeof scalar === 'string' && NUMBER.test(scalar) ? Number(scalar) : undefined;
}

function isOrdered(operator: Operator, a: number, b: number): boolean {
  if (operator === '<') return a < b;
  if (operator === '>') return a > b;
  return operator === '<=' ? a <= b : a >= b;
}

/** Compares with a text in which `*` stands for any characters, in one pass over the other. */
function wildcard(pattern: string): Decides<string> {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}
