import type { DeathCause } from './message.ts';

/** Longest text of a cause in a header (characters): brokers have a bound for headers, and errors may have any length. */
const LONGEST_TEXT = 1000;

/** Words of brokers and their packages about a message that is too long: Kafka, NATS and JetStream, SQS. */
const TOO_LONG =
  /message (?:batch )?larger than|max_payload|message size exceeds|message ?too ?long|must be shorter than/i;

/** Returns a cause whose texts fit into headers. Pure. */
export function shortened({ attempts, errorType, errorMessage }: DeathCause): DeathCause {
  return {
    attempts,
    errorType: errorType.slice(0, LONGEST_TEXT),
    errorMessage: errorMessage.slice(0, LONGEST_TEXT),
  };
}

/**
 * Sends a dead letter with why it died, and once more without that if it is too long for the broker: otherwise the
 * message would come back for ever. Rejects with the error of the last `send`.
 */
export async function sendFitting(send: (withCause: boolean) => Promise<unknown>): Promise<void> {
  try {
    await send(true);
  } catch (error) {
    if (!isTooLong(error)) throw error;
    await send(false);
  }
}

/** Whether an error, or one behind it, says that a message is too long. */
function isTooLong(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  if (TOO_LONG.test(`${error.name} ${error.message}`)) return true;
  return [error.cause, ...inner].some((one) => isTooLong(one));
}
