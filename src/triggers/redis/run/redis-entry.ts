import type { RedisTrigger } from '../redis.ts';
import { cloudEventText } from '../../source/run/cloud-event.ts';
import type { EventShape } from '../../source/run/event-shape.ts';
import type { SourceMessage } from '../../source/run/message.ts';
import { decoded } from '../../source/run/payload.ts';

/** An entry of a stream as Redis answers: its id, and its fields in turn with their values; null if it was deleted. */
export type RawEntry = readonly [id: string, fields: readonly string[] | null];

/** An entry that was read. */
export interface RedisEntry extends SourceMessage {
  readonly entryId: string;
  /** Fields in turn with their values. */
  readonly fields: readonly string[];
  /** JSON text. */
  readonly event: string;
}

/** What entries of one stream have in common. */
export interface StreamOrigin {
  /** `host:port`. */
  readonly at: string;
  readonly stream: string;
}

/** Share of an event's attributes (bytes). */
const ATTRIBUTES_BYTES = 300;

/** Returns an entry as the pump takes it. */
export function entryOf(
  [entryId, fields]: readonly [string, readonly string[]],
  deliveries: number,
  { at, stream }: StreamOrigin,
): RedisEntry {
  const data = Object.fromEntries(pairsOf(fields));
  const attributes = {
    id: entryId,
    source: `redis://${at}/${encodeURIComponent(stream)}`,
    type: 'lam.redis.entry',
    subject: stream,
    // Ids begin with the time of the server, unless the producer chose them.
    ...(Number(entryId.split('-')[0]) > MIN_TIME ? { time: Number(entryId.split('-')[0]) } : {}),
  };
  const event = cloudEventText(attributes, data);
  return {
    id: entryId,
    itemIdentifier: entryId,
    deliveries,
    entryId,
    fields,
    event,
    bytes: ATTRIBUTES_BYTES + fields.reduce((sum, text) => sum + 6 + 2 * Buffer.byteLength(text), 0),
    filterable: () => filterableOf(JSON.parse(event) as Readonly<Record<string, unknown>>),
  };
}

/** Events of streams for tests. */
export const redisShape: EventShape<RedisTrigger> = {
  sample: ({ stream }, { clock }) => [
    JSON.parse(entryOf([`${clock.now()}-0`, ['message', 'sample']], 1, { at: 'localhost:6379', stream }).event),
  ],
  filterable: filterableOf,
};

/** An event with its fields parsed where they are JSON. */
function filterableOf(event: Readonly<Record<string, unknown>>): unknown {
  const fields = Object.entries(Object(event['data']) as Readonly<Record<string, unknown>>);
  const data = Object.fromEntries(fields.map(([field, value]) => [field, decoded(String(value))]));
  return { ...event, data };
}

/** Earliest time that an id can mean (2001); smaller numbers are a producer's own. */
const MIN_TIME = 1_000_000_000_000;

function pairsOf(fields: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: Math.floor(fields.length / 2) }, (_, n) => [
    fields[2 * n] ?? '',
    fields[2 * n + 1] ?? '',
  ]);
}
