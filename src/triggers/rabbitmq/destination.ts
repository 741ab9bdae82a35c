import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import { urlFault } from '../source/references.ts';

/** A queue of RabbitMQ that records are published to. */
export interface RabbitmqDestination extends DestinationConfig {
  readonly type: 'rabbitmq';
  readonly url: string;
  readonly queue: string;
  readonly create?: boolean;
}

/** Queues of RabbitMQ. A record was received once the broker has confirmed it. */
export const rabbitmqDestination: DestinationKind<RabbitmqDestination> = {
  type: 'rabbitmq',
  schema: {
    description: 'A queue of RabbitMQ, to which the record is published as a persistent message.',
    properties: {
      url: {
        description: 'Address of the broker. `${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['amqp://app:${RABBITMQ_PASSWORD}@localhost:5672'],
      },
      queue: { description: 'Queue to publish to.', type: 'string', minLength: 1, examples: ['failed'] },
      create: {
        description: 'Whether a missing queue is created, as a durable quorum queue. Otherwise it is a failure.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
    },
    required: ['url', 'queue'],
  },
  labelOf: ({ queue }) => `queue '${queue}' of RabbitMQ`,
  fault: ({ url }) => {
    const fault = urlFault(url, ['amqp', 'amqps']);
    return fault === undefined ? undefined : { key: 'url', fault: `has a faulty url: it ${fault}` };
  },
  load: async () => (await import('./run/publish.ts')).rabbitmqOpener,
};
