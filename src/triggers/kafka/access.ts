import { REFERENCE } from '../../contract/index.ts';
import type { KindFault, SettingSchema } from '../kind.ts';
import { secretFault } from '../source/references.ts';

/** Where Kafka is, and the credentials for it. */
export interface KafkaAccess {
  /** `HOST:PORT` each. */
  readonly brokers: readonly string[];
  readonly tls?: boolean;
  readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username?: string;
  readonly password?: string;
}

/** Schema of {@link KafkaAccess}. */
export const KAFKA_ACCESS = {
  brokers: {
    description: 'Brokers to begin with, `HOST:PORT` each. `${NAME}` stands for a variable of the function.',
    type: 'array',
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    examples: [['localhost:9092']],
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
} as const satisfies Readonly<Record<keyof KafkaAccess, SettingSchema>>;

const BROKER = new RegExp(
  String.raw`^(${REFERENCE.source}|[\w.-]+|\[[0-9A-Fa-f:.]+\])(:(\d{1,5}|${REFERENCE.source}))?$`,
);

/** Returns the first fault of the settings of {@link KafkaAccess}, or undefined. */
export function accessFault({ brokers, username, password }: KafkaAccess): KindFault | undefined {
  const faulty = brokers.find((broker) => !BROKER.test(broker));
  if (faulty !== undefined) return { key: 'brokers', fault: `has the broker '${faulty}', which must be HOST:PORT` };
  const secret = secretFault(password);
  if (secret !== undefined) return { key: 'password', fault: `has a password, which ${secret}` };
  if ((username === undefined) !== (password === undefined))
    return { key: 'username', fault: 'has only one of username and password' };
  return undefined;
}

/** Returns the fault of a topic of Kafka, or undefined. */
export function topicFault(topic: string): string | undefined {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(topic)) return undefined;
  return `has the topic '${topic}', which may have only a-z, A-Z, 0-9, '.', '_' and '-'`;
}
