import type { MessageAttributeValue, SendMessageCommandInput } from '@aws-sdk/client-sqs';
import type { DeathCause } from '../../source/run/message.ts';
import type { SqsMessage } from './sqs-message.ts';

/** Most attributes of a message (SQS). */
const MOST_ATTRIBUTES = 10;
/** Longest cause in an attribute (characters), so that it leaves the message its room. */
const LONGEST_CAUSE = 1024;

/**
 * Returns a message as it is sent to a queue for dead letters: its body and attributes, with the cause, if it is given, in as
 * many further ones as fit. In a FIFO queue it keeps its group, and its id keeps it from being there twice. Pure.
 */
export function deadLetterOf(
  { received, key, id }: SqsMessage,
  from: string,
  cause: DeathCause | undefined,
): Omit<SendMessageCommandInput, 'QueueUrl'> {
  const attributes: Record<string, MessageAttributeValue> = { ...received.MessageAttributes };
  for (const [name, value] of cause === undefined ? [] : whyOf(cause, from, id)) {
    if (name in attributes || value.StringValue === '') continue;
    if (Object.keys(attributes).length < MOST_ATTRIBUTES) attributes[name] = value;
  }
  return {
    MessageBody: received.Body,
    MessageAttributes: attributes,
    ...(key === undefined ? {} : { MessageGroupId: key, MessageDeduplicationId: id }),
  };
}

function whyOf(
  { errorType, errorMessage, attempts }: DeathCause,
  from: string,
  id: string,
): readonly (readonly [string, MessageAttributeValue])[] {
  return [
    ['lam-error-type', textOf(errorType)],
    ['lam-error-message', textOf(errorMessage)],
    ['lam-attempts', { DataType: 'Number', StringValue: String(attempts) }],
    ['lam-queue', textOf(from)],
    ['lam-message-id', textOf(id)],
  ];
}

function textOf(text: string): MessageAttributeValue {
  // Characters that SQS refuses in texts.
  const allowed = text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '?');
  return { DataType: 'String', StringValue: allowed.slice(0, LONGEST_CAUSE) };
}
