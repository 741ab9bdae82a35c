import type { KindFault } from '../kind.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';
import { accessFault, SQS_ACCESS, type SqsAccess } from './access.ts';
import { parseQueue, QUEUE_FORM } from './queue-name.ts';

/** A queue of SQS, or of a server with its API. */
export interface SqsTrigger extends SourceConfig, SqsAccess {
  readonly type: 'sqs';
  /** Name or ARN. */
  readonly queue: string;
  readonly create?: boolean;
  readonly deadLetterQueue?: string;
  readonly keepFailing?: boolean;
  /** Seconds. */
  readonly visibilityTimeout?: number;
  /** Seconds. */
  readonly waitTime?: number;
}

/** Queues over the API of Amazon SQS. Events have the shape of Lambda's for SQS. */
export const sqs = sourceKind<SqsTrigger>({
  type: 'sqs',
  noun: 'SQS queue',
  schema: {
    description: "Messages of a queue of Amazon SQS, or of a server with its API, in Lambda's event shape for SQS.",
    properties: {
      queue: {
        description:
          'Name or ARN of the queue. Queues whose name ends in `.fifo` keep the order of each message group.',
        type: 'string',
        minLength: 1,
        examples: ['orders', 'arn:aws:sqs:eu-central-1:123456789012:orders.fifo'],
      },
      ...SQS_ACCESS,
      create: {
        description:
          'Whether missing queues are created: the queue, and `<queue>-dead` for its dead letters. Otherwise a missing queue is an error.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      deadLetterQueue: {
        description:
          "Queue for messages that keep failing, by default that of the queue's redrive policy. A queue without a redrive policy needs it, or `keepFailing`.",
        type: 'string',
        minLength: 1,
        examples: ['orders-failed'],
      },
      keepFailing: {
        description:
          'Whether messages that keep failing stay in a queue that has no redrive policy: they are tried again until the queue drops them. Otherwise such a queue needs a `deadLetterQueue`.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
      maxRetries: {
        description:
          "Further attempts at a message that fails, before it becomes a dead letter. By default what the queue's redrive policy allows (its maxReceiveCount, less one), or else 2.",
        type: 'integer',
        minimum: 0,
        maximum: 1000,
        examples: [5],
      },
      visibilityTimeout: {
        description:
          "Time for which received messages are hidden from other consumers (seconds), by default that of the queue. It is extended while they are held, so it is the delay after a daemon's end without notice.",
        type: 'integer',
        minimum: 2,
        maximum: 43_200,
        examples: [60],
      },
      waitTime: {
        description:
          'Time that a request waits for messages (seconds). Longer ones need fewer requests; a trigger that stops waits for its last one.',
        type: 'integer',
        minimum: 1,
        maximum: 20,
        default: 3,
        examples: [20],
      },
    },
    required: ['queue'],
  },
  nameOf: ({ queue }) => parseQueue(queue)?.name ?? queue,
  fault: (config) => queueFault(config) ?? keepFault(config) ?? accessFault(config),
  load: async () => (await import('./run/run.ts')).sqsStarter,
});

function keepFault({ keepFailing, deadLetterQueue, create, maxRetries }: SqsTrigger): KindFault | undefined {
  if (keepFailing !== true) return undefined;
  const other = Object.entries({ deadLetterQueue, create, maxRetries }).find(([, value]) => (value ?? false) !== false);
  if (other === undefined) return undefined;
  return { key: 'keepFailing', fault: `has both keepFailing and '${other[0]}', which give up messages: leave out one` };
}

function queueFault({ queue, deadLetterQueue }: SqsTrigger): KindFault | undefined {
  const main = parseQueue(queue);
  if (main === undefined) return { key: 'queue', fault: `has a faulty queue: it must be ${QUEUE_FORM}` };
  if (deadLetterQueue === undefined) return undefined;
  const dead = parseQueue(deadLetterQueue);
  if (dead === undefined)
    return { key: 'deadLetterQueue', fault: `has a faulty deadLetterQueue: it must be ${QUEUE_FORM}` };
  if (dead.name === main.name)
    return { key: 'deadLetterQueue', fault: 'would read its own dead letters: name another deadLetterQueue' };
  if (dead.isFifo !== main.isFifo) {
    const kind = main.isFifo ? 'end in .fifo, as the queue does' : 'not end in .fifo, as the queue does not';
    return { key: 'deadLetterQueue', fault: `has a deadLetterQueue of another kind: its name must ${kind}` };
  }
  return undefined;
}
