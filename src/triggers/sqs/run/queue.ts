import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type BatchResultErrorEntry,
  type Message,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** Most messages of one request (SQS). */
export const MOST_PER_REQUEST = 10;
/** Attempts at entries of a batch that the server could not serve. */
const MOST_ATTEMPTS = 4;

/** Longest time until an answer to a request for messages (ms); it waits for messages itself. */
const RECEIVE_MS = 40_000;

/** What a queue is, as its attributes say. */
export interface QueueFacts {
  readonly url: string;
  readonly arn: string;
  /** Seconds. */
  readonly visibilityTimeout: number;
  readonly redrive?: RedrivePolicy;
}

/** Where a queue moves messages that were received too often. */
export interface RedrivePolicy {
  /** ARN. */
  readonly target: string;
  readonly maxReceiveCount: number;
}

/** Requests about one queue; those about many messages are sent in as many requests as they need. */
export class Queue {
  readonly facts: QueueFacts;
  readonly #client: SQSClient;

  constructor(client: SQSClient, facts: QueueFacts) {
    this.#client = client;
    this.facts = facts;
  }

  /** Receives up to ten messages; waits up to `waitS` seconds for the first one. */
  async receive(
    request: { readonly count: number; readonly waitS: number; readonly hideS: number },
    signal: AbortSignal,
  ): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.facts.url,
      MaxNumberOfMessages: request.count,
      WaitTimeSeconds: request.waitS,
      VisibilityTimeout: request.hideS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return (await this.#client.send(command, { abortSignal: signal, requestTimeout: RECEIVE_MS })).Messages ?? [];
  }

  /**
   * Deletes messages. Resolves to the reason if the server could not delete some in several attempts. A receipt handle
   * that is not valid any more is ignored: its message is delivered again, with another handle.
   */
  delete(handles: readonly string[]): Promise<string | undefined> {
    return this.#inBatches(handles, (batch) =>
      this.#client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: this.facts.url,
          Entries: batch.map((ReceiptHandle, n) => ({ Id: String(n), ReceiptHandle })),
        }),
      ),
    );
  }

  /** Hides messages for further `seconds`; 0 delivers them again. Those that it cannot hide are left as they are. */
  async hide(handles: readonly string[], seconds: number, abortSignal?: AbortSignal): Promise<void> {
    await this.#inBatches(handles, (batch) =>
      this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.facts.url,
          Entries: batch.map((ReceiptHandle, n) => ({ Id: String(n), ReceiptHandle, VisibilityTimeout: seconds })),
        }),
        abortSignal === undefined ? {} : { abortSignal },
      ),
    );
  }

  /** Sends a message. */
  async send(message: Omit<SendMessageCommandInput, 'QueueUrl'>): Promise<void> {
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.facts.url, ...message }));
  }

  /** Runs a request for each ten handles. Resolves to the reason if the server could not serve some in several attempts. */
  async #inBatches(
    handles: readonly string[],
    request: (batch: readonly string[]) => Promise<{ readonly Failed?: BatchResultErrorEntry[] | undefined }>,
  ): Promise<string | undefined> {
    let left = handles;
    let why: string | undefined;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS && left.length > 0; attempt++) {
      why = undefined;
      const undone = await Promise.all(
        tens(left).map(async (batch) => {
          const { Failed = [] } = await request(batch);
          // The sender's fault is a handle that has expired.
          const failed = Failed.filter(({ SenderFault }) => SenderFault !== true);
          for (const { Code, Message } of failed) why = Message ?? Code ?? 'no reason given';
          return failed.map(({ Id }) => batch[Number(Id)]).filter((handle) => handle !== undefined);
        }),
      );
      left = undone.flat();
    }
    return why;
  }
}

function tens(handles: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(handles.length / MOST_PER_REQUEST) }, (_, n) =>
    handles.slice(n * MOST_PER_REQUEST, (n + 1) * MOST_PER_REQUEST),
  );
}
