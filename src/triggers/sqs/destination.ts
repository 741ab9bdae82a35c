import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import type { KindFault } from '../kind.ts';
import { accessFault, SQS_ACCESS, type SqsAccess } from './access.ts';
import { parseQueue, QUEUE_FORM } from './queue-name.ts';

/** A queue of SQS, or of a server with its API, that records are sent to. */
export interface SqsDestination extends DestinationConfig, SqsAccess {
  readonly type: 'sqs';
  /** Name or ARN. */
  readonly queue: string;
  readonly groupId?: string;
  readonly create?: boolean;
}

/** Queues over the API of Amazon SQS. */
export const sqsDestination: DestinationKind<SqsDestination> = {
  type: 'sqs',
  schema: {
    description: 'A queue of Amazon SQS, or of a server with its API, to which the record is sent as a message.',
    properties: {
      queue: {
        description: 'Name or ARN of the queue.',
        type: 'string',
        minLength: 1,
        examples: ['failed', 'arn:aws:sqs:eu-central-1:123456789012:failed.fifo'],
      },
      groupId: {
        description: "Message group in a FIFO queue, by default the function's name.",
        type: 'string',
        minLength: 1,
        examples: ['orders'],
      },
      ...SQS_ACCESS,
      create: {
        description: 'Whether a missing queue is created. Otherwise it is a failure.',
        type: 'boolean',
        default: false,
        examples: [true],
      },
    },
    required: ['queue'],
  },
  labelOf: ({ queue }) => `queue '${parseQueue(queue)?.name ?? queue}' of SQS`,
  fault: (config) => queueFault(config) ?? accessFault(config),
  load: async () => (await import('./run/send.ts')).sqsOpener,
};

function queueFault({ queue, groupId }: SqsDestination): KindFault | undefined {
  const name = parseQueue(queue);
  if (name === undefined) return { key: 'queue', fault: `has a faulty queue: it must be ${QUEUE_FORM}` };
  if (groupId === undefined) return undefined;
  if (!name.isFifo)
    return { key: 'groupId', fault: `has a groupId, but '${name.name}' is no FIFO queue, which would end in .fifo` };
  // Printable characters of ASCII without the space (SQS).
  if (/^[!-~]{1,128}$/.test(groupId)) return undefined;
  return {
    key: 'groupId',
    fault: 'has a faulty groupId: it must be 1 to 128 letters, digits and punctuation marks of ASCII',
  };
}
