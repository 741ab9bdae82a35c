import { connect, type IClientOptions, type IPublishPacket, type MqttClient, type Packet } from 'mqtt';

/** Sends a packet. */
type Send = (packet: Packet, sent?: () => void, ...rest: readonly unknown[]) => void;

/** A client whose received messages are acknowledged by hand. */
export interface ManualClient {
  readonly client: MqttClient;
  /** Acknowledges a message that was received; nothing for QoS 0. */
  acknowledge(packet: IPublishPacket): void;
}

/**
 * Opens a client that gives each message to `take` and acknowledges none with QoS 1 by itself; it must not subscribe with
 * QoS 2. The package would acknowledge when a
 * callback is called, and read nothing until then, not even answers to pings.
 */
export function openManually(
  options: IClientOptions,
  take: (topic: string, packet: IPublishPacket) => void,
): ManualClient {
  const client = connect({
    ...options,
    protocolVersion: 5,
    customHandleAcks: (topic, _message, packet, done) => {
      take(topic, packet);
      done(0);
    },
  });
  // Of the pinned version; a test fails if messages are acknowledged early.
  const inner = client as unknown as { _sendPacket: Send };
  const send = inner._sendPacket.bind(client);
  inner._sendPacket = (packet, sent, ...rest) => {
    if (packet.cmd === 'puback') sent?.();
    else send(packet, sent, ...rest);
  };
  client.on('message', (topic, _message, packet) => {
    // Others have been taken before.
    if (packet.qos === 0) take(topic, packet);
  });
  return {
    client,
    acknowledge({ qos, messageId }) {
      if (qos === 0) return;
      send({ cmd: 'puback', ...(messageId === undefined ? {} : { messageId }), reasonCode: 0 });
    },
  };
}
