import type { ConsumeMessage } from 'amqplib';
import type { SourceMessage } from '../../source/run/message.ts';
import { base64Length, decoded } from '../../source/run/payload.ts';

/** A delivered message. */
export interface RabbitmqMessage extends SourceMessage {
  readonly delivery: ConsumeMessage;
}

/** What surrounds the records of an event. */
export interface RabbitmqEnvelope {
  /** Its ARN. */
  readonly broker: string;
  /** `<queue>::<virtual host>`. */
  readonly queue: string;
}

/** Share of a record besides payload and headers (bytes). */
const PROPERTIES_BYTES = 600;

/** Returns a delivery as the pump takes it. `consumer` makes ids of messages without a `message_id` unique. */
export function messageOf(delivery: ConsumeMessage, consumer: string): RabbitmqMessage {
  const { properties, fields, content } = delivery;
  const messageId: unknown = properties.messageId;
  const itemIdentifier = typeof messageId === 'string' && messageId !== '' ? messageId : String(fields.deliveryTag);
  const count: unknown = properties.headers?.['x-delivery-count'];
  return {
    id: itemIdentifier === messageId ? messageId : `${consumer}-${fields.deliveryTag}`,
    itemIdentifier,
    // Quorum queues count returned deliveries.
    deliveries: typeof count === 'number' ? count + 1 : 1 + Number(fields.redelivered),
    bytes: base64Length(content.length) + PROPERTIES_BYTES + JSON.stringify(properties.headers ?? {}).length * 4,
    delivery,
    filterable: () => ({ ...recordOf(delivery), data: decoded(content) }),
  };
}

/** Returns the event that Lambda makes of messages of Amazon MQ for RabbitMQ. `deliveryTag` is lam's addition. */
export function eventOf(messages: readonly RabbitmqMessage[], { broker, queue }: RabbitmqEnvelope): unknown {
  return {
    eventSource: 'aws:rmq',
    eventSourceArn: broker,
    rmqMessagesByQueue: { [queue]: messages.map(({ delivery }) => recordOf(delivery)) },
  };
}

function recordOf({ properties, fields, content }: ConsumeMessage): object {
  const p = properties as unknown as Readonly<Record<string, unknown>>;
  const given = (name: string): unknown => p[name] ?? null;
  return {
    basicProperties: {
      contentType: given('contentType'),
      contentEncoding: given('contentEncoding'),
      headers: Object.fromEntries(
        Object.entries(properties.headers ?? {}).map(([name, value]) => [name, headerOf(value)]),
      ),
      deliveryMode: given('deliveryMode'),
      priority: given('priority'),
      correlationId: given('correlationId'),
      replyTo: given('replyTo'),
      expiration: given('expiration'),
      messageId: given('messageId'),
      timestamp: typeof p['timestamp'] === 'number' ? timestampOf(p['timestamp']) : null,
      type: given('type'),
      userId: given('userId'),
      appId: given('appId'),
      clusterId: given('clusterId'),
      bodySize: content.length,
    },
    redelivered: fields.redelivered,
    deliveryTag: fields.deliveryTag,
    data: content.toString('base64'),
  };
}

/** Text in headers becomes bytes, as in Lambda's events. */
function headerOf(value: unknown): unknown {
  if (typeof value === 'string') return { bytes: [...Buffer.from(value)] };
  if (Buffer.isBuffer(value)) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map((item) => headerOf(item));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, headerOf(item)]));
  return value;
}

const TIMESTAMP = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

/** Returns seconds since the epoch as `Jan 1, 1970, 12:33:41 AM`. */
function timestampOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  // Some versions of Unicode's data put a narrow space before AM and PM.
  return Number.isNaN(date.getTime()) ? String(seconds) : TIMESTAMP.format(date).replaceAll('\u202F', ' ');
}
