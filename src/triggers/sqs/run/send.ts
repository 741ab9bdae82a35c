import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DestinationContext, DestinationOpener, OpenDestination } from '../../destination.ts';
import type { SqsDestination } from '../destination.ts';
import { parseQueue } from '../queue-name.ts';
import { clientOf } from './client.ts';
import { createQueue, urlOf } from './queues.ts';

/** Sends records as messages. */
export const sqsOpener: DestinationOpener<SqsDestination> = { open: openQueue };

async function openQueue(config: SqsDestination, context: DestinationContext): Promise<OpenDestination> {
  const client = clientOf(config, (text) => context.value(text));
  try {
    const QueueUrl = await addressOf(client, config, context);
    const isFifo = parseQueue(config.queue)?.isFifo === true;
    const { groupId = context.functionName } = config;
    return {
      async send({ id, body, signal }) {
        // A FIFO queue takes a record that is sent again within five minutes for the same.
        const order = isFifo ? { MessageGroupId: groupId, MessageDeduplicationId: id } : {};
        const MessageAttributes = { 'lam-record-id': { DataType: 'String', StringValue: id } };
        const message = { QueueUrl, MessageBody: bodyOf(body), MessageAttributes, ...order };
        await client.send(new SendMessageCommand(message), { abortSignal: signal });
      },
      close() {
        client.destroy();
        return Promise.resolve();
      },
    };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

async function addressOf(
  client: SQSClient,
  { queue, create = false }: SqsDestination,
  context: DestinationContext,
): Promise<string> {
  const name = parseQueue(queue) ?? { name: queue, isFifo: false };
  const known = await urlOf(client, name);
  if (known !== undefined) return known;
  if (!create) throw context.error(`there is no queue '${name.name}'`);
  return createQueue(client, name);
}

/** Writes characters that SQS refuses as JSON's escapes. */
function bodyOf(record: Uint8Array): string {
  const json = Buffer.from(record).toString();
  return json.replaceAll('\uFFFE', String.raw`\ufffe`).replaceAll('\uFFFF', String.raw`\uffff`);
}
