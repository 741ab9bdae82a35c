import type { IPublishPacket } from 'mqtt';
import { cloudEventText, filterableOfText } from '../../source/run/cloud-event.ts';
import { extensionsOf } from '../../source/run/extensions.ts';
import type { SourceMessage } from '../../source/run/message.ts';

/** A message on a topic. */
export interface MqttMessage extends SourceMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly packet: IPublishPacket;
  /** JSON text. */
  readonly event: string;
}

/** Share of an event's attributes (bytes). */
const ATTRIBUTES_BYTES = 300;

/** Returns a message as the pump takes it. */
export function messageOf(
  topic: string,
  packet: IPublishPacket,
  { id, at, isKeyed }: { readonly id: string; readonly at: string; readonly isKeyed: boolean },
): MqttMessage {
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  const properties = userPropertiesOf(packet);
  const attributes = { id, source: `mqtt://${at}`, type: 'lam.mqtt.message', subject: topic };
  const retained = packet.retain ? { retained: true } : {};
  const event = cloudEventText({ ...extensionsOf(properties), ...retained, ...attributes }, payload);
  const ofProperties = properties.reduce((sum, [name, value]) => sum + name.length + 2 * value.length + 6, 0);
  return {
    id,
    itemIdentifier: id,
    deliveries: 1 + Number(packet.dup),
    ...(isKeyed ? { key: topic } : {}),
    bytes: ATTRIBUTES_BYTES + 2 * topic.length + 2 * payload.length + ofProperties,
    topic,
    payload,
    packet,
    event,
    filterable: () => filterableOfText(event),
  };
}

function userPropertiesOf({ properties }: IPublishPacket): readonly (readonly [string, string])[] {
  return Object.entries(properties?.userProperties ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  );
}
