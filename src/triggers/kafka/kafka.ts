import type { KindFault } from '../kind.ts';
import { secretFault } from '../source/references.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';

/** Topics of Kafka. */
export interface KafkaTrigger extends SourceConfig {
  readonly type: 'kafka';
  /** `HOST:PORT` each. */
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  readonly group?: string;
  readonly startingPosition?: 'TRIM_HORIZON' | 'LATEST';
  readonly create?: boolean;
  readonly deadLetterTopic?: string;
  readonly tls?: boolean;
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username?: string;
  readonly password?: string;
}

/** Topics of Kafka, read by a consumer group. Events have the shape of Lambda's for self-managed Kafka. */
export const kafka = sourceKind<KafkaTrigger>({
  type: 'kafka',
  noun: 'Kafka trigger',
  schema: {
    description: "Records of Kafka topics, in Lambda's event shape for self-managed Kafka.",
    properties: {
      brokers: {
        description: 'Brokers to begin with, `HOST:PORT` each. `${NAME}` stands for a variable of the function.',
        type: 'array',
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        examples: [['localhost:9092']],
      },
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
      tls: {
        description: 'Whether connections use TLS.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      mechanism: {
        description: 'SASL mechanism for `username` and `password`.',
        type: 'string',
        enum: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
        default: 'PLAIN',
        examples: ['SCRAM-SHA-512'],
      },
      username: { description: 'User for SASL.', type: 'string', minLength: 1, examples: ['app'] },
      password: {
        description: 'Password for SASL, as `${NAME}` of a variable of the function.',
        type: 'string',
        minLength: 1,
        examples: ['${KAFKA_PASSWORD}'],
      },
    },
    required: ['brokers', 'topics'],
  },
  nameOf: ({ topics }) => topics.join(','),
  fault,
  load: async () => (await import('./run/run.ts')).kafkaStarter,
});

function fault({ brokers, topics, username, password, deadLetterTopic }: KafkaTrigger): KindFault | undefined {
  const faulty = brokers.find(
    (broker) => !/^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|[\w.-]+|\[[0-9A-Fa-f:.]+\])(:(\d{1,5}|\$\{\w+\}))?$/.test(broker),
  );
  if (faulty !== undefined) return { key: 'brokers', fault: `has the broker '${faulty}', which must be HOST:PORT` };
  const misnamed = topics.find((topic) => !/^[A-Za-z0-9._-]{1,249}$/.test(topic));
  if (misnamed !== undefined)
    return { key: 'topics', fault: `has the topic '${misnamed}', which may have only a-z, A-Z, 0-9, '.', '_' and '-'` };
  const secret = secretFault(password);
  if (secret !== undefined) return { key: 'password', fault: `has a password, which ${secret}` };
  if ((username === undefined) !== (password === undefined))
    return { key: 'username', fault: 'has only one of username and password' };
  if (deadLetterTopic !== undefined && topics.includes(deadLetterTopic))
    return { key: 'deadLetterTopic', fault: 'would read its own dead letters: name another deadLetterTopic' };
  return undefined;
}
