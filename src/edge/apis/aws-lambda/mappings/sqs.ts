import type { TriggerConfig } from '../../../../contract/index.ts';
import { parseQueue } from '../../../../triggers/index.ts';
import { numberIn, objectIn, textIn } from '../../../aws/members.ts';
import type { AwsCall } from '../call.ts';
import { refused, type MappedSettings, type MappedTrigger, type MappingSource } from './source.ts';

/** Batches that AWS begins with for a queue. */
const CONCURRENCY = 5;
/** Most messages without a window, and in FIFO queues. */
const MOST_AT_ONCE = 10;

/** Queues of SQS. */
export const sqsMapping: MappingSource = {
  type: 'sqs',
  members: ['ScalingConfig'],
  batchSize: 10,
  claims: (input) => textIn(input, 'EventSourceArn')?.split(':')[2] === 'sqs',
  settings,
  shown: (arns, config) => {
    const queue = String(config['queue']);
    const { parallelism } = config as MappedTrigger;
    return {
      EventSourceArn: queue.startsWith('arn:') ? queue : arns.queue(queue),
      ...(parallelism === undefined || parallelism === CONCURRENCY
        ? {}
        : { ScalingConfig: { MaximumConcurrency: parallelism } }),
    };
  },
};

function settings(call: AwsCall, before: TriggerConfig | undefined): MappedSettings {
  const arn = textIn(call.input, 'EventSourceArn') ?? String(before?.['queue']);
  const queue = parseQueue(arn);
  if (queue === undefined) throw refused(`Unrecognized event source, must be a queue of SQS: ${arn}`);
  checkBatches(call, queue.isFifo);
  const endpoint = before?.['endpoint'] ?? call.endpoints.sqs;
  if (before === undefined && endpoint === undefined)
    throw refused(
      `lam does not know where ${arn} is: name a server with the API of SQS: lam restart --aws-endpoint sqs=http://localhost:9324`,
    );
  const scaling = objectIn(call.input, 'ScalingConfig');
  const most = scaling?.['MaximumConcurrency'];
  return {
    called: queue.name,
    config: {
      ...(before === undefined ? { queue: arn, endpoint, keepFailing: true, parallelism: CONCURRENCY } : {}),
      // An empty one takes the limit back.
      ...(scaling === undefined ? {} : { parallelism: most ?? CONCURRENCY }),
    },
  };
}

function checkBatches({ input }: AwsCall, isFifo: boolean): void {
  const [size, window] = [numberIn(input, 'BatchSize') ?? 0, numberIn(input, 'MaximumBatchingWindowInSeconds') ?? 0];
  if (isFifo && window > 0) throw refused('Batching window is not supported for FIFO queues');
  if (size <= MOST_AT_ONCE) return;
  if (isFifo) throw refused(`The maximum batch size for FIFO queues is ${MOST_AT_ONCE}`);
  if (window === 0)
    throw refused(
      `Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than ${MOST_AT_ONCE}`,
    );
}
