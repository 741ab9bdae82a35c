import { cloudEventText, filterableOfText } from '../../source/run/cloud-event.ts';
import type { SourceMessage } from '../../source/run/message.ts';
import type { OutboxRow } from './outbox.ts';

/** A row that was taken. */
export interface PostgresRow extends SourceMessage {
  /** JSON text. */
  readonly event: string;
}

/** Share of an event's attributes (bytes). */
const ATTRIBUTES_BYTES = 400;

/** Returns a row as the pump takes it. `source`: URI of the table, without user and password. */
export function rowOf(
  { id, topic, key, type, data, created_at: createdAt, attempts }: OutboxRow,
  source: string,
): PostgresRow {
  const bytes = Buffer.from(data);
  const event = cloudEventText(
    {
      id,
      source,
      type,
      ...(topic === '' ? {} : { subject: topic }),
      time: createdAt.getTime(),
      // The attribute of CloudEvents' extension for partitioning.
      ...(key === null ? {} : { partitionkey: key }),
    },
    bytes,
  );
  return {
    id,
    itemIdentifier: id,
    deliveries: attempts,
    ...(key === null ? {} : { key }),
    bytes: ATTRIBUTES_BYTES + bytes.length + 2 * (type.length + topic.length + (key ?? '').length),
    event,
    filterable: () => filterableOfText(event),
  };
}
