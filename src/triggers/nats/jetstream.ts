import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';
import { NATS_URL, natsFault } from './nats.ts';

/** A stream of NATS JetStream. */
export interface JetstreamTrigger extends SourceConfig {
  readonly type: 'jetstream';
  readonly url: string;
  readonly stream: string;
  readonly subject?: string;
  readonly consumer?: string;
  readonly create?: boolean;
  readonly startAt?: 'oldest' | 'newest';
  readonly orderBy?: 'none' | 'subject';
  /** Seconds. */
  readonly ackWait?: number;
  readonly deadLetterSubject?: string;
}

/** Characters that names of streams and consumers cannot have. */
export const NOT_IN_NAMES = /[\s.*>/\\]/;

/** Streams of NATS JetStream, read by durable pull consumers. Events are lists of CloudEvents. */
export const jetstream = sourceKind<JetstreamTrigger>({
  type: 'jetstream',
  noun: 'JetStream stream',
  schema: {
    description: 'Messages of a stream of NATS JetStream, as a list of CloudEvents.',
    properties: {
      url: NATS_URL,
      stream: { description: 'Name of the stream.', type: 'string', minLength: 1, examples: ['ORDERS'] },
      subject: {
        description: 'Only messages with this subject, with wildcards; also the subject of a stream that lam creates.',
        type: 'string',
        minLength: 1,
        examples: ['orders.>'],
      },
      consumer: {
        description:
          'Durable pull consumer with explicit acknowledgement, for one that you manage. By default the trigger has one of its own, which lam creates.',
        type: 'string',
        minLength: 1,
        examples: ['billing'],
      },
      create: {
        description:
          'Whether what is missing is created: the stream, a named consumer, and the stream `<stream>-dead` for dead letters. Otherwise it is an error.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      startAt: {
        description: 'Where a consumer that lam creates begins: with all messages, or with those that are added later.',
        type: 'string',
        enum: ['oldest', 'newest'],
        default: 'oldest',
        examples: ['newest'],
      },
      orderBy: {
        description: 'Whether messages with the same subject run in order when `parallelism` is more than 1.',
        type: 'string',
        enum: ['none', 'subject'],
        default: 'none',
        examples: ['subject'],
      },
      ackWait: {
        description:
          'Time after which the server delivers a message again that a killed daemon had (seconds). Running ones keep theirs.',
        type: 'number',
        minimum: 1,
        maximum: 3600,
        default: 30,
        examples: [10],
      },
      deadLetterSubject: {
        description: 'Subject for messages that keep failing, by default `dead.<stream>`. A stream must store it.',
        type: 'string',
        minLength: 1,
        examples: ['failed.orders'],
      },
    },
    required: ['url', 'stream'],
  },
  nameOf: ({ stream, subject }) => (subject === undefined ? stream : `${stream}/${subject}`),
  fault: ({ url, stream, subject, consumer, deadLetterSubject }) => {
    for (const [key, name] of Object.entries({ stream, consumer }))
      if (name !== undefined && NOT_IN_NAMES.test(name))
        return { key, fault: `has a faulty ${key}: it must not contain spaces or any of . * > / \\` };
    return natsFault({ url, subject, deadLetterSubject: deadLetterSubject ?? `dead.${stream}` });
  },
  load: async () => (await import('./run/jetstream.ts')).jetstreamStarter,
});
