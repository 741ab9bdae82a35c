import type { KindFault } from '../kind.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';
import { accessFault, KAFKA_ACCESS, topicFault, type KafkaAccess } from './access.ts';

/** Topics of Kafka. */
export interface KafkaTrigger extends SourceConfig, KafkaAccess {
  readonly type: 'kafka';
  readonly topics: readonly string[];
  readonly group?: string;
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST';
  readonly create?: boolean;
  readonly deadLetterTopic?: string;
}

/** Topics of Kafka, read by a consumer group. Events have the shape of Lambda's for self-managed Kafka. */
export const kafka = sourceKind<KafkaTrigger>({
  type: 'kafka',
  noun: 'Kafka trigger',
  schema: {
    description: "Records of Kafka topics, in Lambda's event shape for self-managed Kafka.",
    properties: {
      ...KAFKA_ACCESS,
      topics: {
        description: 'Topics to read.',
        type: 'array',
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        examples: [['orders']],
      },
      group: {
        description:
          "Consumer group, by default the function's name. Its members share the partitions; offsets are committed for it.",
        type: 'string',
        minLength: 1,
        examples: ['billing'],
      },
      startingPosition: {
        description:
          'Where a group without committed offsets begins: with the oldest record of a partition, or with those that are added later.',
        type: 'string',
        enum: ['TRIM_HORIZON', 'LATEST'],
        default: 'TRIM_HORIZON',
        examples: ['LATEST'],
      },
      create: {
        description: 'Whether missing topics are created. Otherwise they are an error.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      deadLetterTopic: {
        description: 'Topic for records that keep failing, by default `<topic>.dead`. It is created if missing.',
        type: 'string',
        minLength: 1,
        examples: ['orders.failed'],
      },
      parallelism: {
        description:
          'Most batches that run at the same time. Records of a partition run in their order whatever it is; with 1, a failing one holds back all partitions.',
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: 1,
        examples: [4],
      },
    },
    required: ['brokers', 'topics'],
  },
  nameOf: ({ topics }) => topics.join(','),
  fault,
  load: async () => (await import('./run/run.ts')).kafkaStarter,
});

function fault(config: KafkaTrigger): KindFault | undefined {
  const { topics, deadLetterTopic } = config;
  for (const topic of topics) {
    const misnamed = topicFault(topic);
    if (misnamed !== undefined) return { key: 'topics', fault: misnamed };
  }
  const ofAccess = accessFault(config);
  if (ofAccess !== undefined) return ofAccess;
  if (deadLetterTopic !== undefined && topics.includes(deadLetterTopic))
    return { key: 'deadLetterTopic', fault: 'would read its own dead letters: name another deadLetterTopic' };
  return undefined;
}
