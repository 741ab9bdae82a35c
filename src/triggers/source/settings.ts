import type { TriggerConfig } from '../../contract/index.ts';
import type { KindFault, SettingSchema } from '../kind.ts';
import { compilePattern } from './filter-pattern.ts';

/** Settings that all event sources have. */
export interface SourceConfig extends TriggerConfig {
  readonly batchSize?: number;
  /** Seconds. */
  readonly batchWindow?: number;
  readonly parallelism?: number;
  readonly filters?: readonly string[];
  readonly maxRetries?: number;
  /** Seconds. */
  readonly retryDelay?: number;
  readonly itemFailures?: boolean;
}

/** Values of the common settings that an entry does not have. */
export const SOURCE_DEFAULTS = {
  batchSize: 10,
  batchWindow: 0,
  parallelism: 1,
  filters: [],
  maxRetries: 2,
  retryDelay: 1,
  itemFailures: true,
} as const satisfies Required<Pick<SourceConfig, keyof typeof SOURCE_PROPERTIES>>;

/** Schema of the common settings. */
export const SOURCE_PROPERTIES = {
  batchSize: {
    description: 'Most messages in one event.',
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    default: 10,
    examples: [100],
  },
  batchWindow: {
    description: 'Time to wait for a full batch, from its first message (seconds).',
    type: 'number',
    minimum: 0,
    maximum: 300,
    default: 0,
    examples: [5],
  },
  parallelism: {
    description:
      'Most batches that run at the same time. With 1, messages run in the order of the source, and a failing one holds back those behind it.',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    default: 1,
    examples: [4],
  },
  filters: {
    description:
      "Patterns as JSON, in the grammar of Lambda's filter criteria. Messages that match none are acknowledged without a run.",
    type: 'array',
    items: { type: 'string', minLength: 2 },
    default: [],
    examples: [['{"data":{"kind":["order"]}}']],
  },
  maxRetries: {
    description: 'Further attempts at a message that fails, before it becomes a dead letter.',
    type: 'integer',
    minimum: 0,
    maximum: 1000,
    default: 2,
    examples: [5],
  },
  retryDelay: {
    description: 'Pause before the first further attempt (seconds). It doubles with each, up to 60 s.',
    type: 'number',
    minimum: 0,
    maximum: 60,
    default: 1,
    examples: [0.5],
  },
  itemFailures: {
    description:
      'Whether the messages that a handler names in `batchItemFailures` of its answer count as failed. Otherwise all succeed.',
    type: 'boolean',
    default: true,
    examples: [false],
  },
} as const satisfies Readonly<Record<string, SettingSchema>>;

/** Most filter patterns of one trigger (AWS: 10 by quota). */
const MOST_FILTERS = 10;

/** Returns the first fault of the common settings that their schema cannot express, or undefined. */
export function sourceFault({ filters = [] }: SourceConfig): KindFault | undefined {
  if (filters.length > MOST_FILTERS) return { key: 'filters', fault: `has more than ${MOST_FILTERS} filters` };
  for (const [n, pattern] of filters.entries()) {
    const compiled = compilePattern(pattern);
    if (typeof compiled === 'function') continue;
    const where = compiled.at === '' ? 'the pattern' : `'${compiled.at}'`;
    return { key: 'filters', fault: `has a faulty filter ${n + 1}: ${where} ${compiled.fault}` };
  }
  return undefined;
}
