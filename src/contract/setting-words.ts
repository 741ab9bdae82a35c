import type { ConfigInput } from './function-config.ts';

/** How lam.yaml, commands and messages call a setting, and the unit that its value has there. */
export interface SettingWord {
  readonly word: string;
  /** Factor from the unit shown to that of the field; 1 by default. */
  readonly factor?: number;
  /** With the blank before it. */
  readonly unit?: string;
  /** Text for null; `none` by default. */
  readonly none?: string;
}

/** The words of lam.yaml for every setting. */
export const IN_LAM_YAML: Readonly<Record<keyof ConfigInput, SettingWord>> = {
  runtime: { word: 'runtime' },
  handler: { word: 'handler' },
  description: { word: 'description' },
  timeoutMs: { word: 'timeout', factor: 1000, unit: ' s' },
  memoryMiB: { word: 'memory', unit: ' MiB' },
  cpus: { word: 'cpus' },
  pids: { word: 'pids' },
  tmpMiB: { word: 'tmp', unit: ' MiB' },
  environment: { word: 'environment' },
  network: { word: 'network' },
  payload: { word: 'payload' },
  image: { word: 'image' },
  concurrency: { word: 'concurrency' },
  maxConcurrency: { word: 'maxConcurrency' },
  maxQueue: { word: 'queue' },
  provisionedConcurrency: { word: 'provisionedConcurrency' },
  idleTimeoutMs: { word: 'idle', factor: 1000, unit: ' s', none: 'adaptive' },
  rateLimit: { word: 'rateLimit', unit: '/s' },
  burst: { word: 'burst', none: 'default' },
  reservedConcurrency: { word: 'reservedConcurrency' },
  layers: { word: 'layers' },
  triggers: { word: 'triggers' },
  routes: { word: 'routes' },
  schedules: { word: 'schedules' },
  async: { word: 'async' },
  maximumRetryAttempts: { word: 'maximumRetryAttempts' },
  maximumEventAgeMs: { word: 'maximumEventAgeInSeconds', factor: 1000, unit: ' s' },
  eventVersion: { word: 'eventVersion' },
  onSuccess: { word: 'onSuccess' },
  onFailure: { word: 'onFailure' },
  maximumQueuedEvents: { word: 'maximumQueuedEvents' },
  maximumDeadLetters: { word: 'maximumDeadLetters' },
};

/** The word of a field in lam.yaml; a field that does not exist is its own word. */
export function settingWord(field: string): string {
  return Object.hasOwn(IN_LAM_YAML, field) ? IN_LAM_YAML[field as keyof ConfigInput].word : field;
}

/** A value of a setting in words, as `5 s`. Accepts any JSON. Not for environments, whose values may be secrets. */
export function settingText(field: keyof ConfigInput, value: unknown): string {
  const { factor = 1, unit = '', none = 'none' } = IN_LAM_YAML[field];
  if (value === null) return none;
  if (typeof value === 'number') return `${value / factor}${unit}`;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((item) => plain(item)).join(', ');
  return typeof value === 'string' && value !== '' ? value : plain(value);
}

/** A setting and its value as `lam config set` takes them, quoted for a shell: `timeout=5`. Accepts any JSON. */
export function settingArgument(field: keyof ConfigInput, value: unknown): string {
  const { word, factor = 1 } = IN_LAM_YAML[field];
  const argument = `${word}=${typeof value === 'number' ? value / factor : value === null ? '' : plain(value)}`;
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

function plain(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : (JSON.stringify(value) ?? 'none');
}
