import { urlFault } from '../source/references.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';

/** A stream of Redis or Valkey. */
export interface RedisTrigger extends SourceConfig {
  readonly type: 'redis';
  readonly url: string;
  readonly stream: string;
  readonly group?: string;
  readonly create?: boolean;
  readonly startAt?: 'oldest' | 'newest';
  readonly deadLetterStream?: string;
}

/** Streams of Redis and Valkey, read by a consumer group. Events are lists of CloudEvents. */
export const redis = sourceKind<RedisTrigger>({
  type: 'redis',
  noun: 'Redis stream',
  schema: {
    description: 'Entries of a Redis or Valkey stream, as a list of CloudEvents.',
    properties: {
      url: {
        description: 'Address of the server. `${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['redis://default:${REDIS_PASSWORD}@localhost:6379'],
      },
      stream: { description: 'Key of the stream.', type: 'string', minLength: 1, examples: ['orders'] },
      group: {
        description:
          "Consumer group that reads it, by default the function's name. It is created if missing. Entries are acknowledged in it and stay in the stream.",
        type: 'string',
        minLength: 1,
        examples: ['billing'],
      },
      create: {
        description: 'Whether a missing stream is created. Otherwise it is an error.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      startAt: {
        description: 'Where a group that lam creates begins: with all entries, or with those that are added later.',
        type: 'string',
        enum: ['oldest', 'newest'],
        default: 'oldest',
        examples: ['newest'],
      },
      deadLetterStream: {
        description: 'Stream for entries that keep failing, by default `<stream>.dead`.',
        type: 'string',
        minLength: 1,
        examples: ['orders.failed'],
      },
    },
    required: ['url', 'stream'],
  },
  nameOf: ({ stream }) => stream,
  fault: ({ url, stream, deadLetterStream }) => {
    const fault = urlFault(url, ['redis', 'rediss']);
    if (fault !== undefined) return { key: 'url', fault: `has a faulty url: it ${fault}` };
    if (deadLetterStream === stream)
      return { key: 'deadLetterStream', fault: 'would read its own dead letters: name another deadLetterStream' };
    return undefined;
  },
  load: async () => (await import('./run/run.ts')).redisStarter,
});
