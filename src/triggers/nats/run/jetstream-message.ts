import type { JsMsg } from '@nats-io/jetstream';
import { filterableOfText } from '../../source/run/cloud-event.ts';
import type { SourceMessage } from '../../source/run/message.ts';
import { bytesOf, eventOf } from './nats-event.ts';

/** A delivered message of a stream, as the pump takes it. */
export class JetstreamMessage implements SourceMessage {
  readonly message: JsMsg;
  readonly id: string;
  readonly deliveries: number;
  readonly sequence: number;
  readonly key: string | undefined;
  readonly bytes: number;
  /** JSON text. */
  readonly event: string;

  /** @param at `host:port` of the server */
  constructor(message: JsMsg, { at, isKeyed }: { readonly at: string; readonly isKeyed: boolean }) {
    const { stream, streamSequence, deliveryCount } = message.info;
    this.message = message;
    this.id = `${stream}:${streamSequence}`;
    this.deliveries = deliveryCount;
    this.sequence = streamSequence;
    this.key = isKeyed ? message.subject : undefined;
    this.bytes = bytesOf(message);
    this.event = eventOf(message, { id: this.id, at: `${at}/${stream}`, time: message.time.getTime() });
  }

  get itemIdentifier(): string {
    return this.id;
  }

  filterable(): unknown {
    return filterableOfText(this.event);
  }
}
