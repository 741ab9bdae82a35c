import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SourceMessage } from '../../source/run/message.ts';
import { base64Of, decoded } from '../../source/run/payload.ts';

/** A message that was received. */
export interface SqsMessage extends SourceMessage {
  readonly received: Message;
  /** Replaced when the message is received again while it is held. */
  handle: string;
}

/** What records of one queue have in common. */
export interface QueueOrigin {
  readonly arn: string;
  readonly region: string;
  readonly isFifo: boolean;
}

/** Share of what stands between records (bytes). */
const BETWEEN_BYTES = 2;

/** Returns a received message as the pump takes it. */
export function messageOf(received: Message, origin: QueueOrigin): SqsMessage {
  const id = received.MessageId ?? '';
  const group = received.Attributes?.MessageGroupId;
  const handle = received.ReceiptHandle ?? '';
  const record = recordOf(received, handle, origin);
  return {
    id,
    itemIdentifier: id,
    deliveries: Number(received.Attributes?.ApproximateReceiveCount ?? 1),
    // Standard queues may have groups too, for fairness; they have no order.
    ...(origin.isFifo && group !== undefined ? { key: group } : {}),
    bytes: Buffer.byteLength(JSON.stringify(record)) + BETWEEN_BYTES,
    received,
    handle,
    filterable: () => ({ ...record, body: decoded(received.Body ?? '') }),
  };
}

/** Returns the event that Lambda makes of messages of SQS. */
export function eventOf(messages: readonly SqsMessage[], origin: QueueOrigin): unknown {
  return { Records: messages.map(({ received, handle }) => recordOf(received, handle, origin)) };
}

function recordOf(received: Message, handle: string, { arn, region }: QueueOrigin): object {
  const { MessageId, Body, Attributes = {}, MessageAttributes = {}, MD5OfBody, MD5OfMessageAttributes } = received;
  return {
    messageId: MessageId,
    receiptHandle: handle,
    body: Body,
    attributes: Attributes,
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, value]) => [name, attributeOf(value)]),
    ),
    ...(MD5OfMessageAttributes === undefined ? {} : { md5OfMessageAttributes: MD5OfMessageAttributes }),
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: region,
  };
}

function attributeOf({ StringValue, BinaryValue, DataType }: MessageAttributeValue): object {
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: base64Of(BinaryValue) }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}
