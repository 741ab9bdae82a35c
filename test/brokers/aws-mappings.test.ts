import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
  type QueueAttributeName,
} from '@aws-sdk/client-sqs';
import { awsHouse, newFunction, type AwsHouse } from '../support/aws-house.ts';
import type { Broker } from '../support/brokers/broker.ts';
import { NO_ELASTICMQ, startElasticmq } from '../support/brokers/elasticmq.ts';
import { until } from '../support/brokers/source-house.ts';

interface SqsEvent {
  readonly Records: readonly { readonly body: string; readonly messageId: string; readonly eventSourceARN: string }[];
}

const COUNTS: QueueAttributeName[] = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'];

const sorted = (texts: readonly string[]): string[] => texts.toSorted();

describe('an event source mapping of a queue', { skip: NO_ELASTICMQ }, () => {
  let broker: Broker;
  let queues: SQSClient;
  let house: AwsHouse;
  const seen: string[] = [];
  let answer: (event: SqsEvent) => unknown = () => null;

  before(async () => {
    broker = await startElasticmq();
    const endpoint = `http://127.0.0.1:${broker.port}`;
    queues = new SQSClient({ endpoint, region: 'elasticmq', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    house = await awsHouse(
      {
        consumer: ({ event }) => {
          const parsed = JSON.parse(Buffer.from(event).toString()) as SqsEvent;
          seen.push(...parsed.Records.map(({ body }) => body));
          return Promise.resolve({ kind: 'result', payload: Buffer.from(JSON.stringify(answer(parsed))) });
        },
      },
      { aws: { endpoints: { sqs: endpoint } } },
    );
    await house.client.send(new CreateFunctionCommand(newFunction('consumer')));
  });
  after(async () => {
    await house?.[Symbol.asyncDispose]();
    queues?.destroy();
    await broker?.[Symbol.asyncDispose]();
  });

  async function newQueue(QueueName: string): Promise<{ url: string; arn: string }> {
    const { QueueUrl: url = '' } = await queues.send(new CreateQueueCommand({ QueueName }));
    return { url, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  }
  const send = (QueueUrl: string, MessageBody: string): Promise<unknown> =>
    queues.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const isEmpty = async (QueueUrl: string): Promise<boolean> => {
    const { Attributes = {} } = await queues.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: COUNTS }));
    return COUNTS.every((name) => Attributes[name] === '0');
  };

  test('gives its messages to the function while it is enabled', async () => {
    const { url, arn } = await newQueue('orders');
    await send(url, 'early');
    const { client } = house;
    const made = await client.send(
      new CreateEventSourceMappingCommand({ FunctionName: 'consumer', EventSourceArn: arn, Enabled: false }),
    );
    const get = new GetEventSourceMappingCommand({ UUID: made.UUID });
    assert.equal((await client.send(get)).State, 'Disabled');
    assert.deepEqual(seen, []);
    await client.send(new UpdateEventSourceMappingCommand({ UUID: made.UUID, Enabled: true }));
    await until(async () => (await client.send(get)).State === 'Enabled');
    await send(url, 'late');
    await until(() => seen.length === 2);
    assert.deepEqual(sorted(seen.splice(0)), ['early', 'late']);
    await until(() => isEmpty(url));
    await client.send(new DeleteEventSourceMappingCommand({ UUID: made.UUID }));
  });

  test('of a queue without a redrive policy repeats what fails, and nothing else if failures may be named', async () => {
    const { url, arn } = await newQueue('partial');
    const { client } = house;
    let failures = 2;
    answer = ({ Records }) => ({
      batchItemFailures: Records.filter(({ body }) => body === 'bad' && failures-- > 0).map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    });
    const { UUID } = await client.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'consumer',
        EventSourceArn: arn,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      }),
    );
    await send(url, 'good');
    await send(url, 'bad');
    await until(() => seen.length === 4);
    assert.deepEqual(sorted(seen.splice(0)), ['bad', 'bad', 'bad', 'good']);
    await until(() => isEmpty(url));

    // Without the type, the answer does not count.
    failures = 5;
    await client.send(new UpdateEventSourceMappingCommand({ UUID, FunctionResponseTypes: [] }));
    await send(url, 'bad');
    await until(() => isEmpty(url));
    assert.deepEqual(seen.splice(0), ['bad']);
    await client.send(new DeleteEventSourceMappingCommand({ UUID }));
  });
});
