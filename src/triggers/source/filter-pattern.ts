/** Whether a value matches; undefined stands for an absent field. */
type Test = (value: unknown) => boolean;

/** A pattern that cannot be compiled: `at` is the path of the fault in it. */
export interface PatternFault {
  readonly at: string;
  readonly fault: string;
}

/** Collects the faults of a pattern that is being compiled. */
class Compiler {
  readonly faults: PatternFault[] = [];

  /** Notes a fault; returns a test in its place. */
  fault(at: string, fault: string): Test {
    this.faults.push({ at, fault });
    return () => false;
  }
}

/** Makes the test of a rule from its operand. */
type RuleMaker = (compiler: Compiler, operand: unknown, at: string) => Test;

/**
 * Compiles a filter pattern, JSON in the grammar of Lambda's filter criteria: nested fields down to lists of accepted
 * values or rules (`prefix`, `suffix`, `equals-ignore-case`, `anything-but`, `numeric`, `exists`), and `$or`. Returns its
 * test or its first fault. Pure.
 */
export function compilePattern(json: string): ((value: unknown) => boolean) | PatternFault {
  let pattern: unknown;
  try {
    pattern = JSON.parse(json);
  } catch {
    return { at: '', fault: 'is not JSON' };
  }
  const compiler = new Compiler();
  const test = fieldsTest(compiler, pattern, '');
  return compiler.faults[0] ?? test;
}

function fieldsTest(compiler: Compiler, pattern: unknown, at: string): Test {
  if (!isObject(pattern)) return compiler.fault(at, 'must be an object of fields');
  const tests = Object.entries(pattern).map(([field, wanted]): Test => {
    const path = at === '' ? field : `${at}.${field}`;
    if (field === '$or') return orTest(compiler, wanted, path);
    const test = Array.isArray(wanted) ? rulesTest(compiler, wanted, path) : fieldsTest(compiler, wanted, path);
    return (value) => test(isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined);
  });
  if (tests.length === 0) return compiler.fault(at, 'has no fields');
  return (value) => tests.every((test) => test(value));
}

function orTest(compiler: Compiler, alternatives: unknown, at: string): Test {
  if (!Array.isArray(alternatives) || alternatives.length < 2)
    return compiler.fault(at, 'must be a list of two or more');
  const tests = alternatives.map((alternative, n) => fieldsTest(compiler, alternative, `${at}.${n}`));
  return (value) => tests.some((test) => test(value));
}

function rulesTest(compiler: Compiler, rules: readonly unknown[], at: string): Test {
  if (rules.length === 0) return compiler.fault(at, 'must not be an empty list');
  const tests = rules.map((rule) => ruleTest(compiler, rule, at));
  // A list in the event matches by one of its elements.
  return (value) =>
    tests.some((test) => (Array.isArray(value) && value.length > 0 ? value.some((v) => test(v)) : test(value)));
}

function ruleTest(compiler: Compiler, rule: unknown, at: string): Test {
  if (rule === null || ['string', 'number', 'boolean'].includes(typeof rule)) return (value) => value === rule;
  const [name, ...others] = isObject(rule) ? Object.keys(rule) : [];
  if (name === undefined || others.length > 0)
    return compiler.fault(at, 'accepts texts, numbers, true, false, null and objects with one rule');
  const make = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (make === undefined)
    return compiler.fault(`${at}.${name}`, `is not a rule; there are ${Object.keys(RULES).join(', ')}`);
  return make(compiler, (rule as Record<string, unknown>)[name], `${at}.${name}`);
}

const RULES: Readonly<Record<string, RuleMaker>> = {
  prefix: textRule((value, text) => value.startsWith(text)),
  suffix: textRule((value, text) => value.endsWith(text)),
  'equals-ignore-case': textRule((value, text) => value.toLowerCase() === text.toLowerCase()),
  'anything-but': anythingBut,
  numeric,
  exists: (compiler, operand, at) => {
    if (typeof operand !== 'boolean') return compiler.fault(at, 'must be true or false');
    return (value) => (value !== undefined) === operand;
  },
};

function textRule(test: (value: string, text: string) => boolean): RuleMaker {
  return (compiler, operand, at) => {
    if (typeof operand !== 'string' || operand === '') return compiler.fault(at, 'must be text');
    return (value) => typeof value === 'string' && test(value, operand);
  };
}

function anythingBut(compiler: Compiler, operand: unknown, at: string): Test {
  const excluded: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (excluded.length === 0) return compiler.fault(at, 'must not be an empty list');
  if (Array.isArray(operand) && excluded.some(isObject))
    return compiler.fault(at, 'must be a list of texts and numbers');
  const tests = excluded.map((rule) => ruleTest(compiler, rule, at));
  return (value) => value !== undefined && tests.every((test) => !test(value));
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function numeric(compiler: Compiler, operand: unknown, at: string): Test {
  const words: readonly unknown[] = Array.isArray(operand) ? operand : [];
  if (words.length !== 2 && words.length !== 4)
    return compiler.fault(at, 'must be one or two comparisons: [">", 0, "<=", 5]');
  const tests = [0, 2].filter((n) => n < words.length).map((n) => comparison(compiler, words.slice(n, n + 2), at));
  return (value) => tests.every((test) => test(value));
}

function comparison(compiler: Compiler, [name, bound]: readonly unknown[], at: string): Test {
  const compare = typeof name === 'string' && Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined;
  if (compare === undefined) return compiler.fault(at, `compares with ${Object.keys(COMPARISONS).join(', ')}`);
  if (typeof bound !== 'number') return compiler.fault(at, 'compares with numbers');
  return (value) => typeof value === 'number' && compare(value, bound);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
