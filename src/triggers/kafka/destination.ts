import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import { accessFault, KAFKA_ACCESS, topicFault, type KafkaAccess } from './access.ts';

/** A topic of Kafka that records are added to. */
export interface KafkaDestination extends DestinationConfig, KafkaAccess {
  readonly type: 'kafka';
  readonly topic: string;
  readonly key?: string;
  readonly create?: boolean;
}

/** Topics of Kafka. A record was received once all replicas in sync have it. */
export const kafkaDestination: DestinationKind<KafkaDestination> = {
  type: 'kafka',
  schema: {
    description: 'A topic of Kafka, to which the record is added.',
    properties: {
      ...KAFKA_ACCESS,
      topic: { description: 'Topic to add to.', type: 'string', minLength: 1, examples: ['orders.failed'] },
      key: {
        description:
          "Key of all records, which puts them into one partition. By default each record's id, which spreads them.",
        type: 'string',
        minLength: 1,
        examples: ['orders'],
      },
      create: {
        description: 'Whether a missing topic is created. Otherwise it is a failure.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
    },
    required: ['brokers', 'topic'],
  },
  labelOf: ({ topic }) => `topic '${topic}' of Kafka`,
  fault: (config) => {
    const misnamed = topicFault(config.topic);
    return misnamed === undefined ? accessFault(config) : { key: 'topic', fault: misnamed };
  },
  load: async () => (await import('./run/produce.ts')).kafkaOpener,
};
