import type { ConfigInput, ConfigPatch } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';

/** Without triggers, which are not single values: they are set in lam.yaml, or here in their short forms. */
type Field = Exclude<keyof ConfigInput, 'environment' | 'triggers'>;

interface Setting {
  readonly field: Field;
  /** Factor from the unit shown to that of the field; undefined for text. */
  readonly factor?: number;
  readonly list?: true;
  readonly meaning: string;
}

/** Settings by their names in lam.yaml. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  memory: { field: 'memoryMiB', factor: 1, meaning: 'MiB' },
  timeout: { field: 'timeoutMs', factor: 1000, meaning: 'seconds' },
  idle: { field: 'idleTimeoutMs', factor: 1000, meaning: 'seconds an unused sandbox stays warm' },
  concurrency: { field: 'concurrency', factor: 1, meaning: 'requests at once in one sandbox' },
  maxConcurrency: { field: 'maxConcurrency', factor: 1, meaning: 'requests at once in all sandboxes' },
  minWarm: { field: 'minWarm', factor: 1, meaning: 'sandboxes kept warm' },
  queue: { field: 'maxQueue', factor: 1, meaning: 'requests that may wait' },
  cpus: { field: 'cpus', factor: 1, meaning: 'processor cores' },
  pids: { field: 'pids', factor: 1, meaning: 'processes and threads' },
  tmp: { field: 'tmpMiB', factor: 1, meaning: 'MiB of /tmp' },
  runtime: { field: 'runtime', meaning: 'identifier' },
  handler: { field: 'handler', meaning: 'file.export' },
  description: { field: 'description', meaning: 'text' },
  network: { field: 'network', meaning: 'on or none' },
  image: { field: 'image', meaning: 'Docker image' },
  routes: { field: 'routes', list: true, meaning: 'METHOD /path, separated by commas' },
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

/** Parses pairs such as `memory=256`; the daemon checks bounds. Throws `LAM_CLI_BAD_SETTING`. */
export function parseSettings(pairs: readonly string[]): NonNullable<ConfigPatch['set']> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw lamError('LAM_CLI_BAD_SETTING', { text: pair, what: 'it has no value' });
      const setting = settingOf(pair.slice(0, equals), pair);
      return [setting.field, valueOf(setting, pair.slice(equals + 1), pair)];
    }),
  );
}

/** The fields of settings by name. Throws `LAM_CLI_BAD_SETTING`. */
export function fieldsOf(words: readonly string[]): readonly Field[] {
  return words.map((word) => settingOf(word, word).field);
}

/** A configuration in the names and units of {@link SETTINGS}; only fields that are present. */
export function inWords(config: ConfigInput): Record<string, string | number | readonly string[] | null> {
  const words: Record<string, string | number | readonly string[] | null> = {};
  for (const [word, { field, factor }] of Object.entries(SETTINGS)) {
    const value = config[field];
    if (value === undefined) continue;
    words[word] = typeof value === 'number' ? value / (factor ?? 1) : value;
  }
  return words;
}

function settingOf(word: string, text: string): Setting {
  const setting = isSetting(word) ? SETTINGS[word] : undefined;
  if (setting === undefined)
    throw lamError('LAM_CLI_BAD_SETTING', { text, what: `there are ${SETTING_WORDS.join(', ')}` });
  return setting;
}

function valueOf(setting: Setting, text: string, pair: string): unknown {
  if (setting.list === true) return text === '' ? [] : text.split(',').map((part) => part.trim());
  if (setting.factor === undefined) return setting.field === 'image' && text === '' ? null : text;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw lamError('LAM_CLI_BAD_SETTING', { text: pair, what: `it takes a number (${setting.meaning})` });
  return setting.field.endsWith('Ms') ? Math.round(value * setting.factor) : value * setting.factor;
}
