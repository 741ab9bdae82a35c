import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import type { KindFault } from '../kind.ts';
import { NOT_IN_NAMES } from './jetstream.ts';
import { NATS_URL, natsUrlFault } from './nats.ts';
import { subjectFault } from './subject.ts';

/** A subject of NATS that records are published to. */
export interface NatsDestination extends DestinationConfig {
  readonly type: 'nats';
  readonly url: string;
  readonly subject: string;
}

/** A stream of NATS JetStream that records are published to. */
export interface JetstreamDestination extends DestinationConfig {
  readonly type: 'jetstream';
  readonly url: string;
  readonly stream: string;
  readonly subject?: string;
  readonly create?: boolean;
}

/** Subjects of NATS. A record was received once the server has it, which keeps it for nobody. */
export const natsDestination: DestinationKind<NatsDestination> = {
  type: 'nats',
  schema: {
    description: 'A subject of NATS, to which the record is published. NATS keeps it for nobody who does not listen.',
    properties: {
      url: NATS_URL,
      subject: { description: 'Subject to publish to.', type: 'string', minLength: 1, examples: ['orders.failed'] },
    },
    required: ['url', 'subject'],
  },
  labelOf: ({ subject }) => `subject '${subject}' of NATS`,
  fault: ({ url, subject }) => natsUrlFault(url) ?? faultOf(subject),
  load: async () => (await import('./run/publish.ts')).natsOpener,
};

/** Streams of NATS JetStream. A record was received once the stream has stored it. */
export const jetstreamDestination: DestinationKind<JetstreamDestination> = {
  type: 'jetstream',
  schema: {
    description: 'A stream of NATS JetStream, which stores the record under one of its subjects.',
    properties: {
      url: NATS_URL,
      stream: { description: 'Name of the stream.', type: 'string', minLength: 1, examples: ['FAILED'] },
      subject: {
        description: 'Subject to publish to, one of the stream. By default the name of the stream.',
        type: 'string',
        minLength: 1,
        examples: ['orders.failed'],
      },
      create: {
        description:
          'Whether a missing stream is created, with `subject` as its only subject. Otherwise it is a failure.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
    },
    required: ['url', 'stream'],
  },
  labelOf: ({ stream }) => `stream '${stream}' of JetStream`,
  fault: ({ url, stream, subject = stream }) => {
    if (NOT_IN_NAMES.test(stream))
      return { key: 'stream', fault: 'has a faulty stream: it must not contain spaces or any of . * > / \\' };
    return natsUrlFault(url) ?? faultOf(subject);
  },
  load: async () => (await import('./run/publish.ts')).jetstreamOpener,
};

function faultOf(subject: string): KindFault | undefined {
  const fault = subjectFault(subject, false);
  return fault === undefined ? undefined : { key: 'subject', fault: `has a faulty subject: it ${fault}` };
}
