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
        ...itemViolations(model, shape, value as unknown[], at),
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

/** Faults of simple items are said once of the whole list, with all rules of such an item; others where they are. */
function itemViolations(model: AwsModel, shape: AwsShape, items: readonly unknown[], at: string): Violation[] {
  const itemShape = model.shapes[shape.member ?? ''];
  const broken = items.map((item, i) => violationsOf(model, shape.member ?? '', item, `${at}.${i + 1}.member`));
  if (itemShape === undefined || !isSimple(itemShape)) return broken.flat();
  if (broken.flat().length === 0) return [];
  return [
    violationAt(quotedWith(shape, itemShape, items), at, `Member must satisfy constraint: [${allRules(itemShape)}]`),
  ];
}

function mapViolations(model: AwsModel, shape: AwsShape, value: Record<string, unknown>, at: string): Violation[] {
  const keys = Object.keys(value);
  const [keyShape, valueShape] = [model.shapes[shape.key ?? ''], model.shapes[shape.value ?? '']];
  const shown = quotedWith(shape, valueShape, valueShape?.type === 'double' ? withParts(value) : value);
  const isKeyBroken = keyShape !== undefined && keys.some((key) => textRules(keyShape, key).length > 0);
  const broken = keys.flatMap((key) => violationsOf(model, shape.value ?? '', value[key], `${at}.${key}.member`));
  const isSaidOnce = valueShape !== undefined && isSimple(valueShape) && broken.length > 0;
  return [
    ...sizeViolations(shape, keys.length, value, at),
    ...(isKeyBroken ? [violationAt(shown, at, `Map keys must satisfy constraint: [${allRules(keyShape)}]`)] : []),
    ...(isSaidOnce ? [violationAt(shown, at, `Map value must satisfy constraint: [${allRules(valueShape)}]`)] : broken),
  ];
}

function isSimple({ type }: AwsShape): boolean {
  return type !== 'structure' && type !== 'list' && type !== 'map';
}

/** All rules of the items, keys or values of a shape, of which one is broken. */
function allRules({ type, enum: values, min, max, pattern }: AwsShape): string {
  const isText = type === 'string' || type === 'blob';
  const bound = (number: number): string => (type === 'double' ? parts(number) : String(number));
  const what = isText ? 'length' : 'value';
  return [
    ...(values === undefined ? [] : [`Member must satisfy enum value set: [${values.join(', ')}]`]),
    ...(max === undefined ? [] : [`Member must have ${what} less than or equal to ${bound(max)}`]),
    ...(min === undefined ? [] : [`Member must have ${what} greater than or equal to ${bound(min)}`]),
    ...(pattern === undefined ? [] : [`Member must satisfy regular expression pattern: ${pattern}`]),
    'Member must not be null',
  ].join(', ');
}

/** A number as Java prints one that may have parts: `2.0`. */
function parts(number: number): string {
  return Number.isInteger(number) ? number.toFixed(1) : String(number);
}

function withParts(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, number]) => [key, parts(Number(number))]));
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

/** A list or map in a message; nothing where it or what is in it may be a secret. */
function quotedWith(shape: AwsShape, inside: AwsShape | undefined, value: unknown): string {
  return inside?.sensitive === true ? '' : quoted(shape, value);
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
