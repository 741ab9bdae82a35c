import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';
import { urlFault } from '../source/references.ts';
import { topicFault } from './topic.ts';

/** A topic of an MQTT broker that records are published to. */
export interface MqttDestination extends DestinationConfig {
  readonly type: 'mqtt';
  readonly url: string;
  readonly topic: string;
}

/** Topics over MQTT 5. A record was received once the broker has acknowledged it (QoS 1). */
export const mqttDestination: DestinationKind<MqttDestination> = {
  type: 'mqtt',
  schema: {
    description: 'A topic of an MQTT 5 broker, to which the record is published with QoS 1.',
    properties: {
      url: {
        description: 'Address of the broker. `${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['mqtt://app:${MQTT_PASSWORD}@localhost:1883'],
      },
      topic: { description: 'Topic to publish to.', type: 'string', minLength: 1, examples: ['orders/failed'] },
    },
    required: ['url', 'topic'],
  },
  labelOf: ({ topic }) => `topic '${topic}' of MQTT`,
  fault: ({ url, topic }) => {
    const fault = urlFault(url, ['mqtt', 'mqtts']);
    if (fault !== undefined) return { key: 'url', fault: `has a faulty url: it ${fault}` };
    const ofTopic = topicFault(topic, false);
    return ofTopic === undefined ? undefined : { key: 'topic', fault: `has a faulty topic: it ${ofTopic}` };
  },
  load: async () => (await import('./run/publish.ts')).mqttOpener,
};
