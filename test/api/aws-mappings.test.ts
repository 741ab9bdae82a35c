import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  paginateListEventSourceMappings,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  type CreateEventSourceMappingCommandOutput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { awsError, awsHouse, newFunction, type AwsHouse } from '../support/aws-house.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:';
const PARAMETER = 'InvalidParameterValueException';

describe("event source mappings by AWS's own client", () => {
  let house: AwsHouse;
  let client: LambdaClient;
  /** A server that has no queue: triggers say so and try again. */
  let empty: Server;

  before(async () => {
    empty = createServer((request, response) => {
      request.resume();
      const body = JSON.stringify({ __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'no such queue' });
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
    });
    await new Promise<void>((resolve) => empty.listen(0, '127.0.0.1', resolve));
    const { port } = empty.address() as AddressInfo;
    house = await awsHouse(undefined, {
      aws: { endpoints: { sqs: `http://127.0.0.1:${port}`, mq: 'amqp://127.0.0.1:1' } },
    });
    ({ client } = house);
    await client.send(new CreateFunctionCommand(newFunction('maps')));
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    empty.closeAllConnections();
    await new Promise((resolve) => empty.close(resolve));
  });

  const create = (
    more: Partial<CreateEventSourceMappingCommandInput>,
  ): Promise<CreateEventSourceMappingCommandOutput> =>
    client.send(new CreateEventSourceMappingCommand({ FunctionName: 'maps', ...more }));
  const remove = (UUID: string | undefined): Promise<{ State?: string | undefined }> =>
    client.send(new DeleteEventSourceMappingCommand({ UUID }));
  const triggers = (name = 'maps'): readonly object[] => house.house.registry.detail(name as never).config.triggers;

  test('of queues are created, described, changed and deleted, and are triggers of the function', async () => {
    const pattern = '{"body":{"kind":["order"]}}';
    const made = await create({
      EventSourceArn: `${QUEUE}orders`,
      BatchSize: 7,
      MaximumBatchingWindowInSeconds: 2,
      FilterCriteria: { Filters: [{ Pattern: pattern }] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    const { $metadata: metadata, UUID: uuid = '', LastModified: modified, ...rest } = made;
    assert.equal(metadata.httpStatusCode, 202);
    assert.match(uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.ok(modified instanceof Date && Math.abs(modified.getTime() - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      EventSourceArn: `${QUEUE}orders`,
      EventSourceMappingArn: `${ARN}event-source-mapping:${uuid}`,
      FunctionArn: `${ARN}function:maps`,
      BatchSize: 7,
      MaximumBatchingWindowInSeconds: 2,
      FilterCriteria: { Filters: [{ Pattern: pattern }] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      State: 'Creating',
      StateTransitionReason: 'USER_INITIATED',
    });
    const [trigger] = triggers() as [Record<string, unknown>];
    assert.equal(trigger['queue'], `${QUEUE}orders`);
    assert.equal(trigger['name'], `orders-${uuid.slice(0, 8)}`);

    const changed = await client.send(
      new UpdateEventSourceMappingCommand({ UUID: uuid, BatchSize: 3, FunctionResponseTypes: [] }),
    );
    assert.deepEqual(
      [changed.BatchSize, changed.MaximumBatchingWindowInSeconds, changed.FunctionResponseTypes, changed.State],
      [3, 2, [], 'Updating'],
    );
    assert.deepEqual(changed.FilterCriteria, { Filters: [{ Pattern: pattern }] });
    const limited = await client.send(
      new UpdateEventSourceMappingCommand({ UUID: uuid, ScalingConfig: { MaximumConcurrency: 9 } }),
    );
    assert.deepEqual(limited.ScalingConfig, { MaximumConcurrency: 9 });

    const off = await client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: false }));
    assert.equal(off.State, 'Disabling');
    const get = new GetEventSourceMappingCommand({ UUID: uuid });
    assert.equal((await client.send(get)).State, 'Disabled');
    assert.equal(house.house.registry.detail('maps' as never).triggerStates[0]?.state, 'paused');
    const on = await client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: true }));
    assert.equal(on.State, 'Enabling');

    assert.equal((await remove(uuid)).State, 'Deleting');
    assert.deepEqual(triggers(), []);
    const missing = awsError('ResourceNotFoundException', 'The resource you requested does not exist.');
    await assert.rejects(client.send(get), missing);
    await assert.rejects(remove(uuid), missing);
    await assert.rejects(client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, BatchSize: 1 })), missing);
  });

  test('say what is wrong with their source, in the words of the trigger', async () => {
    const { UUID: uuid } = await create({ EventSourceArn: `${QUEUE}nowhere` });
    for (;;) {
      const got = await client.send(new GetEventSourceMappingCommand({ UUID: uuid }));
      if (got.State === 'Enabled') {
        assert.match(got.LastProcessingResult ?? '', /^PROBLEM: .*queue 'nowhere'/);
        break;
      }
      assert.equal(got.State, 'Creating');
      await new Promise(setImmediate);
    }
    await remove(uuid);
  });

  test('may begin disabled, also over a deploy', async () => {
    const { UUID: uuid } = await create({ EventSourceArn: `${QUEUE}later`, Enabled: false });
    const state = async (): Promise<unknown> =>
      (await client.send(new GetEventSourceMappingCommand({ UUID: uuid }))).State;
    assert.equal(await state(), 'Disabled');
    await house.house.publish('maps', { memoryMiB: 192 });
    assert.equal(await state(), 'Disabled');
    await remove(uuid);
  });

  test('are one for a function and a source', async () => {
    const { UUID: uuid } = await create({ EventSourceArn: `${QUEUE}once` });
    await assert.rejects(
      create({ EventSourceArn: `${QUEUE}once` }),
      awsError(
        'ResourceConflictException',
        `An event source mapping with SQS arn (" ${QUEUE}once ") and function (" maps ") already exists. Please update or delete the existing mapping with UUID ${uuid}`,
      ),
    );
    const both = await Promise.allSettled([1, 2].map(() => create({ EventSourceArn: `${QUEUE}twice` })));
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    for (const result of both) if (result.status === 'fulfilled') await remove(result.value.UUID);
    await remove(uuid);
  });

  test('are listed by function and by source, in pages, with those that lam has from elsewhere', async () => {
    await house.house.publish('ours', {
      triggers: [{ type: 'sqs', queue: 'native', endpoint: 'http://127.0.0.1:1', create: true }],
    });
    const made = await Promise.all(['a', 'b'].map((queue) => create({ EventSourceArn: `${QUEUE}${queue}` })));
    const list = async (more: object): Promise<string[]> => {
      const { EventSourceMappings: found = [] } = await client.send(new ListEventSourceMappingsCommand(more));
      return found.map(({ EventSourceArn: arn = '' }) => arn).toSorted();
    };
    assert.deepEqual(await list({}), [`${QUEUE}a`, `${QUEUE}b`, `${QUEUE}native`]);
    assert.deepEqual(await list({ FunctionName: `${ARN}function:maps` }), [`${QUEUE}a`, `${QUEUE}b`]);
    assert.deepEqual(await list({ EventSourceArn: `${QUEUE}native` }), [`${QUEUE}native`]);
    let pages = 0;
    const paged: unknown[] = [];
    for await (const page of paginateListEventSourceMappings({ client, pageSize: 2 }, {})) {
      pages++;
      paged.push(...(page.EventSourceMappings ?? []));
    }
    assert.deepEqual([pages, paged.length], [2, 3]);
    // As AWS, which lists nothing of what is not there.
    assert.deepEqual(await list({ FunctionName: 'nobody' }), []);

    const { EventSourceMappings: [native] = [] } = await client.send(
      new ListEventSourceMappingsCommand({ FunctionName: 'ours' }),
    );
    const changed = await client.send(new UpdateEventSourceMappingCommand({ UUID: native?.UUID, BatchSize: 4 }));
    assert.deepEqual([changed.UUID, changed.BatchSize], [native?.UUID, 4]);
    assert.deepEqual(triggers('ours'), [
      { type: 'sqs', queue: 'native', endpoint: 'http://127.0.0.1:1', create: true, name: 'native', batchSize: 4 },
    ]);
    for (const { UUID: uuid } of made) await remove(uuid);
    await client.send(new DeleteFunctionCommand({ FunctionName: 'ours' }));
    assert.deepEqual(await list({}), []);
  });

  test('of Kafka and RabbitMQ have the settings of those', async () => {
    const kafka = await create({
      SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['127.0.0.1:1'] } },
      Topics: ['sales'],
      StartingPosition: 'LATEST',
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' },
      Enabled: false,
    });
    assert.equal(kafka.EventSourceArn, undefined);
    assert.deepEqual(
      [kafka.SelfManagedEventSource, kafka.Topics, kafka.StartingPosition, kafka.BatchSize, kafka.LastProcessingResult],
      [{ Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['127.0.0.1:1'] } }, ['sales'], 'LATEST', 100, 'No records processed'],
    );
    assert.deepEqual(kafka.SelfManagedKafkaEventSourceConfig, { ConsumerGroupId: 'g' });
    const broker = 'arn:aws:mq:us-east-1:000000000000:broker:main:b-1';
    const access = [
      { Type: 'BASIC_AUTH' as const, URI: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:x' },
      { Type: 'VIRTUAL_HOST' as const, URI: '/shop' },
    ];
    const rabbit = await create({
      EventSourceArn: broker,
      Queues: ['q'],
      SourceAccessConfigurations: access,
      Enabled: false,
    });
    assert.deepEqual(
      [rabbit.EventSourceArn, rabbit.Queues, rabbit.SourceAccessConfigurations],
      [broker, ['q'], access],
    );
    const urls = (triggers() as Record<string, unknown>[]).map(({ url }) => url);
    assert.ok(urls.includes('amqp://127.0.0.1:1/%2Fshop'));
    await remove(kafka.UUID);
    await remove(rabbit.UUID);
  });

  test('have tags', async () => {
    const { UUID: uuid, EventSourceMappingArn: Resource } = await create({
      EventSourceArn: `${QUEUE}tagged`,
      Enabled: false,
      Tags: { a: '1' },
    });
    await client.send(new TagResourceCommand({ Resource, Tags: { b: '2' } }));
    await client.send(new UntagResourceCommand({ Resource, TagKeys: ['a'] }));
    assert.deepEqual((await client.send(new ListTagsCommand({ Resource }))).Tags, { b: '2' });
    await remove(uuid);
    await assert.rejects(
      client.send(new ListTagsCommand({ Resource })),
      awsError('ResourceNotFoundException', 'The resource you requested does not exist.'),
    );
  });

  test('are refused where lam or AWS does not offer them, and then nothing changes', async () => {
    const arn = `${QUEUE}refused`;
    const stream = 'arn:aws:kinesis:us-east-1:000000000000:stream/s';
    const refusals: [Partial<CreateEventSourceMappingCommandInput>, RegExp, string?][] = [
      [{ EventSourceArn: stream, StartingPosition: 'LATEST' }, /lam has no event source for arn:aws:kinesis/],
      [{ EventSourceArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x' }, /no event source for/],
      [
        { EventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/c/x', Topics: ['sales'] },
        /no event source for/,
      ],
      [{}, /^Unrecognized event source\.$/],
      [{ EventSourceArn: arn, FunctionName: 'nobody' }, /^Function does not exist$/],
      [{ EventSourceArn: arn, FunctionName: 'maps:prod' }, /live version/],
      [{ EventSourceArn: arn, BatchSize: 11 }, /^Maximum batch window in seconds must be greater than 0/],
      [{ EventSourceArn: `${arn}.fifo`, MaximumBatchingWindowInSeconds: 1 }, /not supported for FIFO queues/],
      [{ EventSourceArn: arn, BatchSize: 10_001 }, /less than or equal to 10000/, 'ValidationException'],
      [{ EventSourceArn: arn, StartingPosition: 'LATEST' }, /^Unsupported parameter .*: StartingPosition$/],
      [{ EventSourceArn: arn, ParallelizationFactor: 2 }, /^Unsupported parameter .*: ParallelizationFactor$/],
      [
        { EventSourceArn: arn, FilterCriteria: { Filters: [{ Pattern: '{' }] } },
        /^Invalid filter pattern definition\.$/,
      ],
      [{ EventSourceArn: arn, DestinationConfig: { OnFailure: { Destination: arn } } }, /DestinationConfig/],
      [
        {
          SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['127.0.0.1:1'] } },
          Topics: ['sales'],
          StartingPosition: 'LATEST',
          SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH', URI: 'arn:aws:secretsmanager:x:y' }],
        },
        /lam has no Secrets Manager for SASL_SCRAM_512_AUTH/,
      ],
    ];
    const version = house.house.registry.detail('maps' as never).live;
    for (const [input, message, name = PARAMETER] of refusals)
      await assert.rejects(create(input), awsError(name, message));
    const none = await client.send(new ListEventSourceMappingsCommand({}));
    assert.deepEqual(none.EventSourceMappings, []);
    assert.equal(house.house.registry.detail('maps' as never).live, version);
  });

  test('need to know where queues and brokers are', async () => {
    await using other = await awsHouse();
    await other.client.send(new CreateFunctionCommand(newFunction('maps')));
    const at = (input: object): Promise<unknown> =>
      other.client.send(new CreateEventSourceMappingCommand({ FunctionName: 'maps', ...input }));
    await assert.rejects(
      at({ EventSourceArn: `${QUEUE}q` }),
      awsError(PARAMETER, /does not know where .*:q is: .*lam restart --aws-endpoint sqs=http/),
    );
    await assert.rejects(
      at({ EventSourceArn: 'arn:aws:mq:us-east-1:000000000000:broker:b:b-1', Queues: ['q'] }),
      awsError(PARAMETER, /does not know where .* is: name a RabbitMQ broker: lam restart --aws-endpoint mq=/),
    );
  });
});
