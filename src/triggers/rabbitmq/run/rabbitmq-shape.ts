import type { ConsumeMessage } from 'amqplib';
import type { EventShape } from '../../source/run/event-shape.ts';
import { base64Decoded } from '../../source/run/payload.ts';
import type { RabbitmqTrigger } from '../rabbitmq.ts';
import { eventOf, messageOf } from './rabbitmq-event.ts';

/** Events of RabbitMQ queues for tests. */
export const rabbitmqShape: EventShape<RabbitmqTrigger> = {
  at: 'rmqMessagesByQueue',
  sample({ queue }, { clock, arns }) {
    const properties = {
      contentType: 'application/json',
      contentEncoding: undefined,
      headers: {},
      deliveryMode: 2,
      priority: undefined,
      correlationId: undefined,
      replyTo: undefined,
      expiration: undefined,
      messageId: 'sample-1',
      timestamp: Math.floor(clock.now() / 1000),
      type: undefined,
      userId: undefined,
      appId: undefined,
      clusterId: undefined,
    };
    const delivery: ConsumeMessage = {
      content: Buffer.from('{"message":"sample"}'),
      fields: { consumerTag: '', deliveryTag: 1, redelivered: false, exchange: '', routingKey: queue },
      properties,
    };
    return eventOf([messageOf(delivery, 'sample')], { broker: arns.broker('sample'), queue: `${queue}::/` });
  },
  filterable: ({ data, ...record }) => ({ ...record, data: base64Decoded(data) }),
};
