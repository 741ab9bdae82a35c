import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ANSWER_MS } from './client.ts';

/** Most messages that are asked back one by one; beyond that, the server's wait ends first. */
const MOST_ASKED = 100_000;

/** Body of a negative acknowledgement. */
const NAK = '-NAK';

/**
 * Makes the server deliver at once, in the order of the stream, what a consumer has delivered and nobody acknowledged,
 * also to daemons and connections that are gone. Otherwise it would wait for `ack_wait`, and deliver newer messages
 * meanwhile. Does nothing and returns false while another client pulls from the consumer, because the messages may be
 * with that one, unless `isForced`.
 */
export async function returnPending({
  client,
  manager,
  consumer: { stream_name: stream, name },
  isForced,
}: {
  readonly client: NatsConnection;
  readonly manager: JetStreamManager;
  readonly consumer: ConsumerInfo;
  readonly isForced: boolean;
}): Promise<boolean> {
  const { ack_floor: floor, delivered, num_ack_pending, num_waiting } = await manager.consumers.info(stream, name);
  if (num_waiting > 0 && !isForced) return false;
  if (num_ack_pending === 0) return true;
  const last = delivered.stream_seq;
  const first = floor.stream_seq + 1;
  if (last - first >= MOST_ASKED) return false;
  // The subjects to which clients acknowledge; the server ignores those of messages that it does not wait for.
  const subject = (sequence: number): string =>
    `$JS.ACK.${stream}.${name}.1.${sequence}.${delivered.consumer_seq}.${Date.now()}000000.0`;
  for (let sequence = first; sequence < last; sequence++) client.publish(subject(sequence), NAK);
  // Answered after those before it.
  await client.request(subject(last), NAK, { timeout: ANSWER_MS });
  return true;
}
