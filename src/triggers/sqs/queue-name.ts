/** A queue as settings and redrive policies name it. */
export interface QueueName {
  readonly name: string;
  readonly isFifo: boolean;
  /** Of an ARN. */
  readonly region?: string;
  /** Of an ARN. */
  readonly account?: string;
}

/** What {@link parseQueue} reads, in words. */
export const QUEUE_FORM = 'a name of letters, digits, - and _, which may end in .fifo, or an ARN';

const NAME = /^[A-Za-z0-9_-]{1,75}(\.fifo)?$|^[A-Za-z0-9_-]{1,80}$/;
const ARN = /^arn:[a-z-]+:sqs:([a-z0-9-]+):(\d{12}):([^:]+)$/;

/** Reads the name or the ARN of a queue; undefined if it is neither. Pure. */
export function parseQueue(text: string): QueueName | undefined {
  const [, region, account, named] = ARN.exec(text) ?? [];
  const name = named ?? text;
  if (!NAME.test(name)) return undefined;
  const place = region === undefined || account === undefined ? {} : { region, account };
  return { name, isFifo: name.endsWith('.fifo'), ...place };
}

/** Name of the queue for dead letters that lam creates beside a queue. */
export function deadNameOf({ name, isFifo }: QueueName): string {
  return isFifo ? `${name.slice(0, -'.fifo'.length)}-dead.fifo` : `${name}-dead`;
}
