/** A flag as plain data: parsed without oclif on the fast path, and the source of the oclif flag. */
export interface FlagSpec {
  /** `integer`: a whole number of at least 0. */
  readonly type: 'boolean' | 'string' | 'integer';
  readonly char?: string;
  /** Shown in help. */
  readonly summary: string;
  /** Placeholder of a value in help. */
  readonly value?: string;
  /** The allowed values of a string. */
  readonly options?: readonly string[];
  /** Default of a string; filled in by the full program only. */
  readonly byDefault?: string;
  /** Environment variable that sets it. */
  readonly env?: string;
  /** Whether `--no-` negates the boolean. */
  readonly allowNo?: boolean;
  readonly group?: string;
}

export type FlagTable = Readonly<Record<string, FlagSpec>>;

/** Flags of every command. */
export const GLOBAL_FLAGS = {
  json: {
    type: 'boolean',
    summary: 'Print one JSON object: {"ok":true,"data":...} or {"ok":false,"error":...}.',
    env: 'LAM_JSON',
    group: 'GLOBAL',
  },
  home: {
    type: 'string',
    value: 'DIR',
    summary: 'Folder of all data of the daemon (default ~/.lam).',
    env: 'LAM_HOME',
    group: 'GLOBAL',
  },
  port: {
    type: 'string',
    value: 'PORT',
    summary: 'HTTP port of a daemon that this command starts (default 8000).',
    env: 'LAM_PORT',
    group: 'GLOBAL',
  },
  'no-start': {
    type: 'boolean',
    summary: 'Fail instead of starting a daemon when none runs.',
    env: 'LAM_NO_AUTOSTART',
    group: 'GLOBAL',
  },
  cwd: {
    type: 'string',
    char: 'C',
    value: 'DIR',
    summary: 'Act as if started in this folder.',
    env: 'LAM_CWD',
    group: 'GLOBAL',
  },
} as const satisfies FlagTable;

/** Flags of `lam invoke`. */
export const INVOKE_FLAGS = {
  data: {
    type: 'string',
    char: 'd',
    value: 'JSON|@FILE|-',
    summary: 'The event: JSON, @FILE, or - for standard input.',
  },
  event: { type: 'string', char: 'e', value: 'FILE', summary: 'The event, from a file.' },
  async: {
    type: 'boolean',
    summary: 'Run it in the background: print the id of the invocation once it is stored, and do not wait.',
  },
  in: { type: 'string', value: 'TIME', summary: 'With --async: start after this time (30s, 10m, 2h, 7d).' },
  at: { type: 'string', value: 'DATE', summary: 'With --async: start at this time (2030-01-31T12:00Z).' },
  include: { type: 'boolean', char: 'i', summary: 'Show status, version, request id and kind of error on stderr.' },
  logs: {
    type: 'boolean',
    allowNo: true,
    summary: 'Print the log of the invocation on stderr (default on a terminal).',
  },
  'no-fail': { type: 'boolean', summary: 'Exit 0 even when the function fails, times out or is throttled.' },
} as const satisfies FlagTable;

/** Flags of `lam logs`. */
export const LOGS_FLAGS = {
  follow: {
    type: 'boolean',
    char: 'f',
    summary: 'Keep printing new records as they arrive, also after a restart of the daemon.',
  },
  all: {
    type: 'boolean',
    summary: 'All functions of the project in this folder; outside a project, all that are deployed.',
  },
  since: {
    type: 'string',
    value: 'TIME',
    summary: 'Only records from this time on: an age (30s, 5m, 2h, 7d) or a date.',
  },
  lines: {
    type: 'integer',
    char: 'n',
    value: 'N',
    summary: 'Only this many of the newest records (default 100; all with --since).',
  },
  search: {
    type: 'string',
    char: 's',
    value: 'TEXT',
    summary: 'Only records that contain this text; upper and lower case are the same.',
  },
  'request-id': {
    type: 'string',
    value: 'ID',
    summary: 'Only records of this invocation; the first characters are enough.',
  },
  'no-platform': { type: 'boolean', summary: 'Without the START, END and REPORT lines of invocations.' },
  version: { type: 'string', value: 'N', summary: 'Only records of this version.' },
  output: {
    type: 'string',
    char: 'o',
    options: ['pretty', 'json', 'raw'],
    byDefault: 'pretty',
    summary: 'Format of the records; raw prints them byte for byte.',
  },
} as const satisfies FlagTable;

interface ValueTypes {
  readonly boolean: boolean;
  readonly string: string;
  readonly integer: number;
}

/** Type of a flag's value: one of its options, if it has any. */
export type ValueOf<S extends FlagSpec> = S extends { readonly options: readonly (infer O)[] }
  ? O
  : ValueTypes[S['type']];

/** Values of the flags that were given. */
export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]?: ValueOf<T[K]> };

export interface ParsedArgv<T extends FlagTable> {
  readonly args: readonly string[];
  readonly flags: FlagValues<T>;
}

/**
 * Parses the plain forms of an argument list: `--name value`, `--name=value`, `--no-name`, `-c value`, `-c`. Returns
 * undefined for anything else (an unknown flag, bundled letters, `--help`, a missing, repeated or ambiguous value),
 * which oclif parses.
 */
export function parseArgv<T extends FlagTable>(
  table: T,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedArgv<T> | undefined {
  const args: string[] = [];
  const flags: Record<string, string | number | boolean> = {};
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? '';
    if (word === '--') {
      args.push(...argv.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      continue;
    }
    const found = lookup(table, word);
    if (found === undefined) return undefined;
    const spec = table[found.name] as FlagSpec;
    if (spec.type === 'boolean') {
      if (found.inline !== undefined) return undefined;
      flags[found.name] = !found.negated;
      continue;
    }
    const given = found.inline ?? argv[(i += 1)];
    const value = given === undefined ? undefined : plainValue(spec, given);
    if (value === undefined || found.negated || flags[found.name] !== undefined) return undefined;
    flags[found.name] = value;
  }
  for (const name in table) fromEnvironment(name, table[name] as FlagSpec, env, flags);
  return { args, flags: flags as FlagValues<T> };
}

function plainValue({ type, options }: FlagSpec, text: string): string | number | undefined {
  // It may be the next flag.
  if (text.startsWith('-') && text !== '-') return undefined;
  if (type === 'integer') return /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
  return options === undefined || options.includes(text) ? text : undefined;
}

function lookup(
  table: FlagTable,
  word: string,
): { name: string; negated: boolean; inline: string | undefined } | undefined {
  const equals = word.indexOf('=');
  const inline = word.startsWith('--') && equals > 0 ? word.slice(equals + 1) : undefined;
  const text = inline === undefined ? word : word.slice(0, equals);
  for (const name in table) {
    const spec = table[name];
    if (text === `--${name}` || (spec?.char !== undefined && text === `-${spec.char}`))
      return { name, negated: false, inline };
    if (spec?.allowNo === true && text === `--no-${name}`) return { name, negated: true, inline };
  }
  return undefined;
}

function fromEnvironment(
  name: string,
  spec: FlagSpec,
  env: Readonly<Record<string, string | undefined>>,
  flags: Record<string, string | number | boolean>,
): void {
  const value = spec.env === undefined ? undefined : env[spec.env];
  if (value === undefined || value === '' || flags[name] !== undefined) return;
  if (spec.type === 'string') flags[name] = value;
  else if (isTruthy(value)) flags[name] = true;
}

/** Whether the value of an environment variable switches a flag on, by oclif's rule. */
export function isTruthy(value: string): boolean {
  return ['1', 'true', 'y', 'yes'].includes(value.toLowerCase());
}
