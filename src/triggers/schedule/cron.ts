import { nearest } from '../../kit/index.ts';

/** A parsed cron expression. */
export interface CronFields {
  /** The expression in canonical form, of six fields, whose days are numbers. */
  readonly canonical: string;
  /** Hours at which it runs, ascending. */
  readonly hours: readonly number[];
}

/** What is wrong with a cron expression, as words to follow its name, and the nearest valid one. */
export interface CronFault {
  readonly fault: string;
  readonly example: string;
}

interface Field {
  readonly noun: string;
  readonly min: number;
  readonly max: number;
  /** Names of values from `min` on. */
  readonly names?: readonly string[];
  /** What else an item may be. */
  readonly special?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const FIELDS: readonly Field[] = [
  { noun: 'second', min: 0, max: 59 },
  { noun: 'minute', min: 0, max: 59 },
  { noun: 'hour', min: 0, max: 23 },
  // The last day; the working day nearest to one.
  { noun: 'day of the month', min: 1, max: 31, special: /^(?:L|(?:[1-9]|[12]\d|3[01])W)$/ },
  { noun: 'month', min: 1, max: 12, names: MONTHS },
  // The nth or last one of a month. 7 is Sunday too.
  { noun: 'day of the week', min: 0, max: 7, names: DAYS, special: /^[0-7](?:#[1-5]|L)$/ },
];

const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

const EXAMPLE = '0 3 * * *';
const MOST_REPAIRS = 12;

/** Numbers of a field, and items that only a calendar resolves (`L`, `15W`, `1#2`). */
interface FieldValues {
  readonly numbers: ReadonlySet<number>;
  readonly special: readonly string[];
}

/** A fault, and the text that could stand in place of the faulty one, which may have more faults. */
interface Repair {
  readonly fault: string;
  readonly instead: string;
}

/**
 * Parses a cron expression: five fields (minute, hour, day of the month, month, day of the week) or six with seconds
 * before them, or a nickname such as `@daily`. Never throws.
 */
export function parseCron(text: string): CronFields | CronFault {
  const parsed = parseOnce(text);
  return 'fault' in parsed ? { fault: parsed.fault, example: validExample(parsed.instead) } : parsed;
}

/** The expression, with all of its faults repaired. */
function validExample(text: string): string {
  let example = text;
  for (let repairs = 0; repairs < MOST_REPAIRS; repairs++) {
    const parsed = parseOnce(example);
    if (!('fault' in parsed)) return example;
    example = parsed.instead;
  }
  return EXAMPLE;
}

function parseOnce(text: string): CronFields | Repair {
  const words = (NICKNAMES[text.trim().toLowerCase()] ?? text.trim()).split(/\s+/);
  const isOther = text.startsWith('@') || text.trimStart().startsWith('cron(');
  if (isOther && words[0] === text.trim().split(/\s+/)[0]) return formFault(text.trim());
  if (words.length !== 5 && words.length !== 6) return countFault(words);
  const six = words.length === 5 ? ['0', ...words] : words;
  const repaired = (n: number, field: string): string =>
    six
      .with(n, field)
      .slice(6 - words.length)
      .join(' ');
  const values: FieldValues[] = [];
  for (const [n, field] of FIELDS.entries()) {
    const parsed = parseField(six[n] ?? '', field);
    if ('fault' in parsed) return { fault: parsed.fault, instead: repaired(n, parsed.instead) };
    values.push(parsed);
  }
  const never = neverFault(values);
  if (never !== undefined) return { fault: never.fault, instead: repaired(3, String(never.lastDay)) };
  return { canonical: canonicalOf(values), hours: [...(values[2]?.numbers ?? [])].toSorted((a, b) => a - b) };
}

/** The fault of an expression in a form that is not that of cron. */
function formFault(text: string): Repair {
  if (text.startsWith('@')) {
    const known = Object.keys(NICKNAMES);
    return { fault: `is not one of ${known.join(', ')}`, instead: nearest(text, known) ?? '@daily' };
  }
  const fields = text
    .replace(/^cron\(|\)$/g, '')
    .trim()
    .split(/\s+/);
  return {
    fault: 'is written as for EventBridge; give its fields alone, without cron() and the year',
    instead: fields.slice(0, 5).join(' '),
  };
}

function countFault(words: readonly string[]): Repair {
  const count = words[0] === '' ? 'no fields' : `${words.length} field${words.length === 1 ? '' : 's'}`;
  return {
    fault: `has ${count}; a cron expression has 5 (minute, hour, day, month, weekday), or 6 with seconds before them`,
    instead:
      words.length < 2 ? EXAMPLE : [...words, '*', '*', '*'].slice(0, Math.min(Math.max(words.length, 5), 6)).join(' '),
  };
}

function parseField(text: string, field: Field): FieldValues | Repair {
  const numbers = new Set<number>();
  const special: string[] = [];
  const items = text.split(',');
  for (const [n, item] of items.entries()) {
    const parsed = parseItem(item.toUpperCase(), field);
    if ('fault' in parsed) return { fault: parsed.fault, instead: items.with(n, parsed.instead).join(',') };
    if (typeof parsed.values === 'string') special.push(parsed.values);
    else for (const value of parsed.values) numbers.add(field.max === 7 ? value % 7 : value);
  }
  return { numbers, special };
}

function parseItem(item: string, field: Field): { readonly values: readonly number[] | string } | Repair {
  const plain = inNumbers(item, field);
  if (field.special?.test(plain) === true) return { values: plain.replace(/^7/, '0') };
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0) return { fault: `has '${item}' as ${field.noun}, with two steps`, instead: `${range}/${step}` };
  const bounds = parseRange(range, field);
  if ('fault' in bounds)
    return { fault: bounds.fault, instead: step === undefined ? bounds.instead : `${bounds.instead}/${step}` };
  const [from, to] = bounds.range;
  if (step === undefined) return { values: upTo(from, to, 1) };
  const fault = stepFault({ range, step, isSingle: from === to && range !== '*' && range !== '?' }, field);
  return fault ?? { values: upTo(from, to, Number(step)) };
}

function stepFault(
  { range, step, isSingle }: { readonly range: string; readonly step: string; readonly isSingle: boolean },
  { noun, min, max }: Field,
): Repair | undefined {
  const size = /^\d+$/.test(step) ? Number(step) : 0;
  const most = max - min;
  if (size < 1 || size > most)
    return {
      fault: `has the step '${step}' in its ${noun}; a step is a number from 1 to ${most}`,
      instead: size > most ? `${range}/${most}` : range,
    };
  if (!isSingle) return undefined;
  return {
    fault: `has a step after a single ${noun}, '${range}/${step}'; give a range before the step`,
    instead: `${range}-${max === 7 ? 6 : max}/${step}`,
  };
}

function parseRange(text: string, field: Field): { readonly range: readonly [number, number] } | Repair {
  const last = field.max === 7 ? 6 : field.max;
  if (text === '*' || text === '?') return { range: [field.min, last] };
  const ends = text.split('-');
  if (ends.length > 2)
    return { fault: `has '${text}' as ${field.noun}, which is not a range`, instead: ends.slice(0, 2).join('-') };
  const values: number[] = [];
  for (const [n, end] of ends.entries()) {
    const value = valueOf(end, field);
    if (typeof value !== 'number')
      return { fault: value.fault, instead: value.instead === '*' ? '*' : ends.with(n, value.instead).join('-') };
    values.push(value);
  }
  const [from = 0, to = from] = values;
  if (from > to) {
    const parts = [from === last ? `${from}` : `${from}-${last}`, to === field.min ? `${to}` : `${field.min}-${to}`];
    return { fault: `has the range '${text}' as ${field.noun}, which ends before it begins`, instead: parts.join(',') };
  }
  return { range: [from, to] };
}

function valueOf(text: string, field: Field): number | Repair {
  const number = inNumbers(text, field);
  if (/^\d+$/.test(number)) {
    const value = Number(number);
    if (value >= field.min && value <= field.max) return value;
    const fault = `has the ${field.noun} ${text}; it goes from ${field.min} to ${field.max}`;
    return { fault, instead: String(Math.min(Math.max(value, field.min), field.max)) };
  }
  const meant = field.names === undefined ? undefined : nearest(text.slice(0, 3), field.names);
  const allowed = field.names === undefined ? '' : `, ${field.names[0]} to ${field.names.at(-1)}`;
  return {
    fault: `has '${text}' as ${field.noun}, which is not ${field.min} to ${field.max}${allowed}, nor *`,
    instead: meant ?? '*',
  };
}

/** Replaces the name of a month or day at the beginning by its number. */
function inNumbers(text: string, { names, min }: Field): string {
  const at = names?.indexOf(text.slice(0, 3)) ?? -1;
  return at === -1 ? text : `${at + min}${text.slice(3)}`;
}

function upTo(from: number, to: number, step: number): readonly number[] {
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(value);
  return values;
}

/** A fault if the days never come in the months: 30 February. */
function neverFault([, , , days, months, weekdays]: readonly FieldValues[]):
  | { readonly fault: string; readonly lastDay: number }
  | undefined {
  if (days === undefined || months === undefined || weekdays === undefined) return undefined;
  if (days.special.length > 0 || weekdays.numbers.size < 7) return undefined;
  const lastDay = Math.max(...[...months.numbers].map((month) => DAYS_IN_MONTH[month - 1] ?? 31));
  const first = Math.min(...days.numbers);
  if (first <= lastDay) return undefined;
  return { fault: `never comes: none of its months has a day ${first}`, lastDay };
}

function canonicalOf(values: readonly FieldValues[]): string {
  return values
    .map(({ numbers, special }, n) => {
      const { min = 0, max = 0 } = FIELDS[n] ?? {};
      if (numbers.size === (max === 7 ? 7 : max - min + 1)) return '*';
      return [...[...numbers].toSorted((a, b) => a - b), ...special].join(',');
    })
    .join(' ');
}
