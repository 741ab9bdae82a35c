import type { JsMsg } from '@nats-io/jetstream';
import type { SourceMessage } from '../../source/run/message.ts';
import { decoded } from '../../source/run/payload.ts';
import { bytesOf, eventOf } from './nats-event.ts';

/** A delivered message of a stream. */
export interface JetstreamMessage extends SourceMessage {
  readonly sequence: number;
  readonly message: JsMsg;
  readonly event: object;
}

/** Returns a delivery as the pump takes it. */
export function messageOf(
  message: JsMsg,
  { at, isKeyed }: { readonly at: string; readonly isKeyed: boolean },
): JetstreamMessage {
  const { stream, streamSequence, deliveryCount } = message.info;
  const id = `${stream}:${streamSequence}`;
  const event = eventOf(message, { id, at: `${at}/${stream}`, time: message.time.getTime() });
  return {
    id,
    itemIdentifier: id,
    deliveries: deliveryCount,
    ...(isKeyed ? { key: message.subject } : {}),
    bytes: bytesOf(message),
    sequence: streamSequence,
    message,
    event,
    filterable: () => ({ ...event, data: decoded(message.data) }),
  };
}
