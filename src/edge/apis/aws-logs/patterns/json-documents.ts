import { readComparison, readExpression, takeOperator, type Decides, type Scalar } from './condition.ts';
import type { PatternReader } from './pattern-reader.ts';

/** A step from a JSON value to those inside it: a member, an index, or `*` for all. */
type Step = string | number | typeof EVERY;
const EVERY = Symbol('every');

const NAME = /[^\s.[\](){}=<>!&|"'%,*]+/y;
const INDEX = /\d{1,9}/y;
const KEYWORDS = /[A-Z]+/iy;

/** Reads `{ $.a.b[0] = "x" && ... }`, which matches JSON objects. Throws `LAM_AWS_PARAMETER`. */
export function readJsonPattern(reader: PatternReader): Decides<string> {
  reader.expect('{');
  const decides = readExpression(reader, () => readJsonCondition(reader));
  reader.expect('}');
  reader.skipSpace();
  if (!reader.isAtEnd) reader.fail("something stands after '}'");
  return (message) => {
    const document = parsed(message);
    return document !== undefined && decides(document);
  };
}

function parsed(message: string): object | undefined {
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    // A line that is no JSON matches no JSON pattern.
    return undefined;
  }
}

function readJsonCondition(reader: PatternReader): Decides<unknown> {
  const steps = readSelector(reader);
  reader.skipSpace();
  const operator = takeOperator(reader);
  if (operator !== undefined) {
    const compare = readComparison(reader, operator);
    return (document) => valuesAt(document, steps).some((value) => isScalar(value) && compare(value));
  }
  const word = reader.takeMatch(KEYWORDS)?.toUpperCase();
  reader.skipSpace();
  const second = reader.takeMatch(KEYWORDS)?.toUpperCase();
  if (word === 'NOT' && second === 'EXISTS') return (document) => valuesAt(document, steps).length === 0;
  const wanted = { NULL: null, TRUE: true, FALSE: false }[second ?? ''];
  if (word !== 'IS' || wanted === undefined)
    return reader.fail("after a selector comes an operator, 'IS NULL', 'IS TRUE', 'IS FALSE' or 'NOT EXISTS'");
  return (document) => valuesAt(document, steps).includes(wanted);
}

function readSelector(reader: PatternReader): readonly Step[] {
  reader.expect('$');
  const steps: Step[] = [];
  for (;;) {
    if (reader.take('.')) {
      if (reader.next !== '[') {
        const isAll = reader.take('*');
        steps.push(isAll ? EVERY : (reader.takeMatch(NAME) ?? reader.fail("a name is missing after '.'")));
      }
    } else if (reader.take('[')) {
      steps.push(readInBrackets(reader));
      reader.skipSpace();
      reader.expect(']');
    } else if (steps.length > 0) return steps;
    else return reader.fail("a selector begins with '$.'");
  }
}

function readInBrackets(reader: PatternReader): Step {
  reader.skipSpace();
  if (reader.take('*')) return EVERY;
  if (reader.next === '"' || reader.next === "'") return reader.quoted(reader.next);
  return Number(reader.takeMatch(INDEX) ?? reader.fail("brackets hold an index, a name in quotes or '*'"));
}

function valuesAt(document: unknown, steps: readonly Step[]): readonly unknown[] {
  let values: unknown[] = [document];
  for (const step of steps) {
    values = values.flatMap((value) => {
      if (typeof value !== 'object' || value === null) return [];
      if (step === EVERY) return Object.values(value);
      const isInside = Array.isArray(value)
        ? typeof step === 'number' && step < value.length
        : Object.hasOwn(value, step);
      // Wrapped, because flatMap would open a list.
      return isInside ? [(value as Record<string | number, unknown>)[step]] : [];
    });
  }
  return values;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
