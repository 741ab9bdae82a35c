import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SourceContext } from '../../source/run/source-starter.ts';
import { SOURCE_DEFAULTS } from '../../source/settings.ts';
import { deadNameOf, parseQueue, type QueueName } from '../queue-name.ts';
import type { SqsTrigger } from '../sqs.ts';
import { Queue, type QueueFacts, type RedrivePolicy } from './queue.ts';

const ATTRIBUTES: QueueAttributeName[] = ['QueueArn', 'VisibilityTimeout', 'RedrivePolicy'];

/** The queues of a trigger. */
export interface Queues {
  readonly main: Queue;
  /** Absent where failing messages stay in the main one. */
  readonly dead?: Queue;
}

/**
 * Finds the queues of a trigger, or creates missing ones where the trigger says so. Throws `LAM_TRIGGERS_SOURCE_MISSING`,
 * or the client's error.
 */
export async function findQueues(client: SQSClient, context: SourceContext<SqsTrigger>): Promise<Queues> {
  const { config } = context;
  const create = config.create === true;
  const name = nameOf(config.queue);
  const known = await factsOf(client, name);
  if (known === undefined && !create) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `queue '${name.name}'`);
  const named = deadLettersOf(config, known, name);
  if (named === undefined && known !== undefined)
    return { main: new Queue(client, known), ...withoutDead(context, name) };
  const deadName = nameOf(named ?? '');
  const dead = (await factsOf(client, deadName)) ?? (create ? await newQueue(client, deadName) : undefined);
  if (dead === undefined) throw context.error('LAM_TRIGGERS_SOURCE_MISSING', `queue '${deadName.name}'`);
  const maxReceiveCount = (config.maxRetries ?? SOURCE_DEFAULTS.maxRetries) + 1;
  const main = known ?? (await newQueue(client, name, { target: dead.arn, maxReceiveCount }));
  return { main: new Queue(client, main), dead: new Queue(client, dead) };
}

/** Where dead letters of a queue go: its name or ARN; undefined if nothing says. */
function deadLettersOf(
  { deadLetterQueue, create }: SqsTrigger,
  known: QueueFacts | undefined,
  name: QueueName,
): string | undefined {
  return deadLetterQueue ?? known?.redrive?.target ?? (create === true ? deadNameOf(name) : undefined);
}

/** Nothing, where messages that keep failing are to stay in their queue. Throws `LAM_TRIGGERS_SOURCE_MISSING`. */
function withoutDead(context: SourceContext<SqsTrigger>, { name }: QueueName): { readonly dead?: Queue } {
  if (context.config.keepFailing === true) return {};
  const what = `place for dead letters of '${name}', which has no redrive policy; name one in 'deadLetterQueue', or set 'keepFailing'`;
  throw context.error('LAM_TRIGGERS_SOURCE_MISSING', what);
}

/** Messages that wait in a queue, without those that are hidden. */
export async function lengthOf(client: SQSClient, { url }: QueueFacts): Promise<number> {
  const AttributeNames: QueueAttributeName[] = ['ApproximateNumberOfMessages'];
  const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames }));
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
}

function nameOf(text: string): QueueName {
  return parseQueue(text) ?? { name: text, isFifo: text.endsWith('.fifo') };
}

/** Returns the facts of a queue; undefined if it does not exist. */
async function factsOf(client: SQSClient, name: QueueName): Promise<QueueFacts | undefined> {
  const url = await urlOf(client, name);
  return url === undefined ? undefined : factsAt(client, url);
}

/** Returns the address of a queue; undefined if it does not exist. Rejects with the client's error. */
export async function urlOf(client: SQSClient, { name, account }: QueueName): Promise<string | undefined> {
  const owner = account === undefined ? {} : { QueueOwnerAWSAccountId: account };
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName: name, ...owner }))).QueueUrl;
  } catch (error) {
    if (error instanceof Error && error.name === 'QueueDoesNotExist') return undefined;
    throw error;
  }
}

async function factsAt(client: SQSClient, url: string): Promise<QueueFacts> {
  const request = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ATTRIBUTES });
  const { Attributes: given = {} } = await client.send(request);
  const redrive = redriveOf(given.RedrivePolicy);
  return {
    url,
    arn: given.QueueArn ?? '',
    visibilityTimeout: Number(given.VisibilityTimeout ?? DEFAULT_VISIBILITY_S),
    ...(redrive === undefined ? {} : { redrive }),
  };
}

/** What SQS gives queues that do not say (seconds). */
const DEFAULT_VISIBILITY_S = 30;

async function newQueue(client: SQSClient, name: QueueName, redrive?: RedrivePolicy): Promise<QueueFacts> {
  return factsAt(client, await createQueue(client, name, redrive));
}

/** Creates a queue; returns its address. Without `redrive`, it keeps messages as long as SQS allows. */
export async function createQueue(
  client: SQSClient,
  { name, isFifo }: QueueName,
  redrive?: RedrivePolicy,
): Promise<string> {
  const policy =
    redrive && JSON.stringify({ deadLetterTargetArn: redrive.target, maxReceiveCount: redrive.maxReceiveCount });
  const { QueueUrl = '' } = await client.send(
    new CreateQueueCommand({
      QueueName: name,
      Attributes: {
        ...(isFifo ? { FifoQueue: 'true' } : {}),
        ...(policy === undefined ? {} : { RedrivePolicy: policy }),
        // 14 days.
        ...(policy === undefined ? { MessageRetentionPeriod: '1209600' } : {}),
      },
    }),
  );
  return QueueUrl;
}

/** Reads a redrive policy, whose count is a number or a text. */
function redriveOf(json: string | undefined): RedrivePolicy | undefined {
  if (json === undefined || json === '') return undefined;
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  if (typeof deadLetterTargetArn !== 'string') return undefined;
  return { target: deadLetterTargetArn, maxReceiveCount: Math.max(1, Number(maxReceiveCount) || 1) };
}
