import { urlFault } from '../source/references.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';

/** A queue of RabbitMQ. */
export interface RabbitmqTrigger extends SourceConfig {
  readonly type: 'rabbitmq';
  readonly url: string;
  readonly queue: string;
  readonly create?: boolean;
  readonly deadLetterQueue?: string;
  readonly reply?: boolean;
}

/** Queues of RabbitMQ over AMQP 0-9-1. Events have the shape of Lambda's for Amazon MQ. */
export const rabbitmq = sourceKind<RabbitmqTrigger>({
  type: 'rabbitmq',
  noun: 'RabbitMQ queue',
  schema: {
    description: "Messages of a RabbitMQ queue, in Lambda's event shape for Amazon MQ.",
    properties: {
      url: {
        description: 'Address of the broker. `${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['amqp://app:${RABBITMQ_PASSWORD}@localhost:5672'],
      },
      queue: { description: 'Queue to consume.', type: 'string', minLength: 1, examples: ['orders'] },
      create: {
        description:
          'Whether a missing queue is created: a durable quorum queue whose dead letters go to `<queue>.dead`. Otherwise a missing queue is an error.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      deadLetterQueue: {
        description:
          "Queue for messages that keep failing. Without it they are rejected, and RabbitMQ moves them to the queue's dead letter exchange or drops them.",
        type: 'string',
        minLength: 1,
        examples: ['orders.dead'],
      },
      reply: {
        description:
          "Whether the handler's result is sent to the queue in a message's `reply_to`, with its correlation id. Messages then run one by one.",
        type: 'boolean',
        default: false,
        examples: [true],
      },
    },
    required: ['url', 'queue'],
  },
  nameOf: ({ queue }) => queue,
  fault: ({ url, reply, batchSize = 1 }) => {
    const fault = urlFault(url, ['amqp', 'amqps']);
    if (fault !== undefined) return { key: 'url', fault: `has a faulty url: it ${fault}` };
    if (reply === true && batchSize > 1)
      return { key: 'batchSize', fault: 'replies to single messages, so its batchSize must be 1' };
    return undefined;
  },
  load: async () => (await import('./run/run.ts')).rabbitmqStarter,
});
