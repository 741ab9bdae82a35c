import type { EventShape } from '../../source/run/event-shape.ts';
import { decoded } from '../../source/run/payload.ts';
import { parseQueue } from '../queue-name.ts';
import type { SqsTrigger } from '../sqs.ts';
import { eventOf, messageOf } from './sqs-message.ts';

/** Events of SQS queues for tests. */
export const sqsShape: EventShape<SqsTrigger> = {
  at: 'Records',
  sample({ queue }, { clock, arns }) {
    const region = parseQueue(queue)?.region ?? arns.region;
    const arn = queue.startsWith('arn:') ? queue : arns.queue(queue);
    const origin = { arn, region, isFifo: queue.endsWith('.fifo') };
    const now = String(clock.now());
    const received = {
      MessageId: 'sample-1',
      ReceiptHandle: 'sample',
      Body: '{"message":"sample"}',
      Attributes: { ApproximateReceiveCount: '1', SentTimestamp: now, ApproximateFirstReceiveTimestamp: now },
    };
    return eventOf([messageOf(received, origin)], origin);
  },
  filterable: ({ body, ...record }) => ({ ...record, body: typeof body === 'string' ? decoded(body) : body }),
};
