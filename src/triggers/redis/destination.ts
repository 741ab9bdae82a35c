import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import { urlFault } from '../source/references.ts';

/** A stream of Redis or Valkey that records are added to. */
export interface RedisDestination extends DestinationConfig {
  readonly type: 'redis';
  readonly url: string;
  readonly stream: string;
  readonly create?: boolean;
}

/** Streams of Redis and Valkey. */
export const redisDestination: DestinationKind<RedisDestination> = {
  type: 'redis',
  schema: {
    description: 'A stream of Redis or Valkey, to which an entry with the fields `id` and `record` is added.',
    properties: {
      url: {
        description: 'Address of the server. `${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['redis://default:${REDIS_PASSWORD}@localhost:6379'],
      },
      stream: { description: 'Key of the stream.', type: 'string', minLength: 1, examples: ['failed'] },
      create: {
        description: 'Whether a missing stream is created. Otherwise it is a failure.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
    },
    required: ['url', 'stream'],
  },
  labelOf: ({ stream }) => `stream '${stream}' of Redis`,
  fault: ({ url }) => {
    const fault = urlFault(url, ['redis', 'rediss']);
    return fault === undefined ? undefined : { key: 'url', fault: `has a faulty url: it ${fault}` };
  },
  load: async () => (await import('./run/add.ts')).redisOpener,
};
