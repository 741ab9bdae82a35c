import type { AwsModel, AwsShape } from './model.ts';

/** A value that breaks a constraint, in AWS's words. */
type Violation = string;

const patterns = new Map<string, RegExp>();

/**
 * Returns what a value of a shape breaks, in the words that AWS's services use. The value has the right types; `null`
 * and undefined count as absent. Pure. @param at the path of the value: `functionName`, `environment.variables`
 */
export function violationsOf(model: AwsModel, shapeName: string, value: unknown, at: string): Violation[] {
  const shape = model.shapes[shapeName];
  if (shape === undefined || value === undefined || value === null) return [];
  switch (shape.type) {
    case 'structure':
      return structureViolations(model, shape, value as Record<string, unknown>, at);
    case 'list':
      return [
        ...sizeViolations(shape, (value as unknown[]).length, value, at),
        ...(value as unknown[]).flatMap((item, i) =>
          violationsOf(model, shape.member ?? '', item, `${at}.${i + 1}.member`),
        ),
      ];
    case 'map':
      return mapViolations(model, shape, value as Record<string, unknown>, at);
    case 'string':
      return textViolations(shape, value as string, at);
    case 'integer':
    case 'long':
    case 'double':
    case 'float':
      return numberViolations(shape, value as number, at);
    default:
      return [];
  }
}

/** Joins violations as AWS's `ValidationException` does. */
export function violationsText(violations: readonly Violation[]): string {
  const count = violations.length;
  return `${count} validation error${count === 1 ? '' : 's'} detected: ${violations.join('; ')}`;
}

function structureViolations(
  model: AwsModel,
  { members = {}, required = [] }: AwsShape,
  value: Record<string, unknown>,
  at: string,
): Violation[] {
  return Object.entries(members).flatMap(([name, member]) => {
    const path = at === '' ? lowerFirst(name) : `${at}.${lowerFirst(name)}`;
    const inside = Object.hasOwn(value, name) ? value[name] : undefined;
    if (inside === undefined || inside === null)
      return required.includes(name) ? [violationAt(' null', path, 'Member must not be null')] : [];
    return violationsOf(model, typeof member === 'string' ? member : member[0], inside, path);
  });
}

function mapViolations(model: AwsModel, shape: AwsShape, value: Record<string, unknown>, at: string): Violation[] {
  const keys = Object.keys(value);
  const keyShape = model.shapes[shape.key ?? ''];
  const broken = keyShape === undefined ? [] : keys.flatMap((key) => textRules(keyShape, key));
  const rules = [...new Set(broken)].join(', ');
  return [
    ...sizeViolations(shape, keys.length, value, at),
    ...(broken.length === 0
      ? []
      : [violationAt(quoted(shape, value), at, `Map keys must satisfy constraint: [${rules}]`)]),
    ...keys.flatMap((key) => violationsOf(model, shape.value ?? '', value[key], `${at}.${key}.member`)),
  ];
}

function sizeViolations(shape: AwsShape, size: number, value: unknown, at: string): Violation[] {
  return lengthRules(shape, size).map((rule) => violationAt(quoted(shape, value), at, rule));
}

function textViolations(shape: AwsShape, value: string, at: string): Violation[] {
  return textRules(shape, value).map((rule) => violationAt(quoted(shape, value), at, rule));
}

function textRules(shape: AwsShape, value: string): string[] {
  const { pattern } = shape;
  const rules: string[] = [];
  if (shape.enum !== undefined && !shape.enum.includes(value))
    rules.push(`Member must satisfy enum value set: [${shape.enum.join(', ')}]`);
  rules.push(...lengthRules(shape, value.length));
  if (pattern !== undefined && !whole(pattern).test(value))
    rules.push(`Member must satisfy regular expression pattern: ${pattern}`);
  return rules;
}

function lengthRules({ min, max }: Pick<AwsShape, 'min' | 'max'>, length: number): string[] {
  const rules: string[] = [];
  if (max !== undefined && length > max) rules.push(`Member must have length less than or equal to ${max}`);
  if (min !== undefined && length < min) rules.push(`Member must have length greater than or equal to ${min}`);
  return rules;
}

function numberViolations({ min, max }: AwsShape, value: number, at: string): Violation[] {
  const rules: string[] = [];
  if (max !== undefined && value > max) rules.push(`Member must have value less than or equal to ${max}`);
  if (min !== undefined && value < min) rules.push(`Member must have value greater than or equal to ${min}`);
  return rules.map((rule) => violationAt(` '${value}'`, at, rule));
}

/** The value in a message; nothing for one that may be a secret. */
function quoted({ sensitive }: AwsShape, value: unknown): string {
  return sensitive === true ? '' : ` '${textOf(value)}'`;
}

/** A violation in AWS's words. @param value quoted, with a space before it, or empty @param at the path of the value */
export function violationAt(value: string, at: string, rule: string): string {
  return `Value${value} at '${at}' failed to satisfy constraint: ${rule}`;
}

/** A pattern of the model, which a whole value must match. */
function whole(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  // Classes of characters need the flag, with which other patterns of AWS are not valid.
  const made = new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '');
  patterns.set(pattern, made);
  return made;
}

/** A value as Java prints it: `{a=b}`, `[a, b]`. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, inside]) => `${key}=${textOf(inside)}`)
    .join(', ')}}`;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
