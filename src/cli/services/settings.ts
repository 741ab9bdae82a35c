import {
  DEFAULT_CONFIG,
  settingOfAws,
  type ConfigInput,
  type ConfigPatch,
  type FunctionConfig,
  type ShortItem,
  type ShownConfig,
} from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { nearest } from '../../kit/index.ts';

/** Without triggers, which are set here in their short forms, and layers, which a deploy makes. */
type Field = Exclude<keyof ConfigInput, 'environment' | 'triggers' | 'layers'>;

interface Setting {
  readonly field: Field;
  /** Factor from the unit shown to that of the field; undefined for text. */
  readonly factor?: number;
  /** Of a list: what separates its items, and an item for hints. */
  readonly list?: { readonly separator: string; readonly example: string };
  /** How a text is read, if neither as a number nor as it is. */
  readonly read?: keyof typeof READERS;
  readonly meaning: string;
}

const DESTINATIONS = 'function:NAME, file:PATH, a URL, or a map as JSON';

/** Values of settings that are neither numbers nor texts. A text that cannot be read is left to the daemon to refuse. */
const READERS = {
  flag: (text: string): unknown => (text === 'true' ? true : text === 'false' ? false : text),
  destination(text: string): unknown {
    if (text === '') return null;
    if (!text.startsWith('{')) return text;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  },
} as const;

/** Settings by their names in lam.yaml. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  memory: { field: 'memoryMiB', factor: 1, meaning: 'MiB' },
  timeout: { field: 'timeoutMs', factor: 1000, meaning: 'seconds' },
  idle: { field: 'idleTimeoutMs', factor: 1000, meaning: 'seconds an unused sandbox stays warm' },
  concurrency: { field: 'concurrency', factor: 1, meaning: 'requests at once in one sandbox' },
  maxConcurrency: { field: 'maxConcurrency', factor: 1, meaning: 'requests at once in all sandboxes' },
  provisionedConcurrency: { field: 'provisionedConcurrency', factor: 1, meaning: 'sandboxes kept warm' },
  queue: { field: 'maxQueue', factor: 1, meaning: 'requests that may wait' },
  rateLimit: { field: 'rateLimit', factor: 1, meaning: 'requests a second' },
  burst: { field: 'burst', factor: 1, meaning: 'requests at once within the rate' },
  reservedConcurrency: {
    field: 'reservedConcurrency',
    factor: 1,
    meaning: 'requests at once, others are refused; 0 stops it',
  },
  cpus: { field: 'cpus', factor: 1, meaning: 'processor cores' },
  pids: { field: 'pids', factor: 1, meaning: 'processes and threads' },
  tmp: { field: 'tmpMiB', factor: 1, meaning: 'MiB of /tmp' },
  runtime: { field: 'runtime', meaning: 'identifier' },
  handler: { field: 'handler', meaning: 'file.export' },
  description: { field: 'description', meaning: 'text' },
  network: { field: 'network', meaning: 'on, open or none' },
  payload: { field: 'payload', meaning: '1.0 or 2.0' },
  image: { field: 'image', meaning: 'Docker image' },
  routes: {
    field: 'routes',
    list: { separator: ',', example: "'GET /hello'" },
    meaning: 'METHOD /path, separated by commas',
  },
  async: { field: 'async', read: 'flag', meaning: 'true or false: HTTP requests are queued and answered 202' },
  maximumRetryAttempts: { field: 'maximumRetryAttempts', factor: 1, meaning: 'further attempts at a failing event' },
  maximumEventAgeInSeconds: { field: 'maximumEventAgeMs', factor: 1000, meaning: 'seconds an event may wait' },
  eventVersion: { field: 'eventVersion', meaning: 'run or acceptance: which version runs an event' },
  onSuccess: { field: 'onSuccess', read: 'destination', meaning: DESTINATIONS },
  onFailure: { field: 'onFailure', read: 'destination', meaning: DESTINATIONS },
  maximumQueuedEvents: { field: 'maximumQueuedEvents', factor: 1, meaning: 'events that may wait' },
  maximumDeadLetters: { field: 'maximumDeadLetters', factor: 1, meaning: 'dead letters that are kept' },
  schedules: {
    field: 'schedules',
    // Cron expressions contain commas.
    list: { separator: ';', example: "'every 5m'" },
    meaning: 'cron expressions or intervals, separated by semicolons',
  },
};

/** Names of all settings, for help and completion. */
export const SETTING_WORDS: readonly string[] = Object.keys(SETTINGS);

/** All settings with the meaning of their values, in one line. */
export function describeSettings(): string {
  return Object.entries(SETTINGS)
    .map(([word, setting]) => `${word} (${setting.meaning})`)
    .join(', ');
}

/** Whether `word` is the name of a setting. */
export function isSetting(word: string): boolean {
  return Object.hasOwn(SETTINGS, word);
}

/** Each setting's name with its field, in the order of help. */
export function settingFields(): readonly (readonly [word: string, field: Field])[] {
  return Object.entries(SETTINGS).map(([word, { field }]) => [word, field]);
}

/**
 * Parses pairs such as `memory=256`; the daemon checks bounds. Throws `LAM_CLI_UNKNOWN_SETTING`,
 * `LAM_CLI_BAD_SETTING`, `LAM_CLI_NO_VALUE`.
 * @param name the function, for hints; undefined for that of the current folder
 */
export function parseSettings(pairs: readonly string[], name?: string): NonNullable<ConfigPatch['set']> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      const word = equals === -1 ? pair : pair.slice(0, equals);
      const setting = settingOf(word);
      if (equals === -1) {
        const of = name === undefined ? {} : { name };
        throw lamError('LAM_CLI_NO_VALUE', { setting: pair, example: exampleOf(setting), ...of });
      }
      return [setting.field, valueOf(setting, word, pair.slice(equals + 1))];
    }),
  );
}

/** The word for the triggers that have no list of their own; `lam trigger add` sets them. */
export const TRIGGERS_WORD = 'triggers';

/** The fields of settings that can be unset, by name. Throws `LAM_CLI_UNKNOWN_SETTING`. */
export function fieldsOf(words: readonly string[]): readonly (Field | 'triggers')[] {
  return words.map((word) => (word === TRIGGERS_WORD ? word : settingOf(word).field));
}

/** A value of a setting, in the unit of lam.yaml. */
type SettingValue = string | number | boolean | object | readonly ShortItem[] | null;

/** A configuration in the names and units of {@link SETTINGS}; only fields that are present. */
export function inWords(config: ConfigInput): Record<string, SettingValue> {
  const words: Record<string, SettingValue> = {};
  for (const [word, { field, factor }] of Object.entries(SETTINGS)) {
    const value = config[field];
    if (value === undefined) continue;
    words[word] = typeof value === 'number' ? value / (factor ?? 1) : value;
  }
  return words;
}

/** The value of a setting in {@link inWords} as one line: a list as `lam config set` takes it, maps in it as JSON. */
export function valueText(word: string, value: SettingValue | undefined): string {
  if (value === undefined || value === null) return '';
  const words: readonly unknown[] = Array.isArray(value) ? value : [value];
  return words
    .map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
    .join(SETTINGS[word]?.list?.separator ?? ',');
}

/** Refuses a word that is not the name of a setting. Throws `LAM_CLI_UNKNOWN_SETTING`. */
export function requireSetting(word: string): void {
  if (isSetting(word)) return;
  const meant = nearest(word, SETTING_WORDS) ?? settingOfAws(word);
  throw lamError('LAM_CLI_UNKNOWN_SETTING', {
    word,
    known: SETTING_WORDS,
    ...(meant === undefined ? {} : { nearest: meant }),
  });
}

function settingOf(word: string): Setting {
  requireSetting(word);
  return SETTINGS[word] as Setting;
}

/** A value to show in hints: the default, or what the text means. */
function exampleOf({ field, factor, list }: Setting): string {
  if (list !== undefined) return list.example;
  if (factor === undefined) return 'VALUE';
  const value = DEFAULT_CONFIG[field as keyof FunctionConfig];
  return String(typeof value === 'number' ? value / factor : 60);
}

function valueOf(setting: Setting, word: string, text: string): unknown {
  if (setting.list !== undefined)
    return text === '' ? [] : text.split(setting.list.separator).map((part) => part.trim());
  if (setting.read !== undefined) return READERS[setting.read](text);
  if (setting.factor === undefined) return setting.field === 'image' && text === '' ? null : text;
  const isTime = setting.field.endsWith('Ms');
  const digits = isTime ? text.replace(/s$/, '') : text;
  const value = Number(digits);
  if (digits.trim() === '' || !Number.isFinite(value))
    throw lamError('LAM_CLI_BAD_SETTING', {
      text: `${word}=${text}`,
      what: `${word}: '${text}' is not a number (${setting.meaning})`,
      example: `${word}=${exampleOf(setting)}`,
    });
  return isTime ? Math.round(value * setting.factor) : value * setting.factor;
}

/** The triggers that the settings `routes` and `schedules` do not show. */
export function triggersBesides({ triggers }: Pick<ShownConfig, 'triggers'>): ShownConfig['triggers'] {
  return triggers.filter(({ type }) => type !== 'http' && type !== 'schedule');
}
