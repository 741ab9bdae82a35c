import type { KindFault } from '../kind.ts';
import { urlFault } from '../source/references.ts';
import type { SourceConfig } from '../source/settings.ts';
import { sourceKind } from '../source/source-kind.ts';
import { matchesTopic, topicFault } from './topic.ts';

/** Topics of an MQTT broker. */
export interface MqttTrigger extends SourceConfig {
  readonly type: 'mqtt';
  readonly url: string;
  readonly topic: string;
  readonly group?: string;
  readonly qos?: number;
  readonly clientId?: string;
  /** Seconds. */
  readonly sessionExpiry?: number;
  readonly orderBy?: 'none' | 'topic';
  readonly deadLetterTopic?: string;
}

/** Topics over MQTT 5, in a session that outlives the connection. Events are lists of CloudEvents. */
export const mqtt = sourceKind<MqttTrigger>({
  type: 'mqtt',
  noun: 'MQTT topic',
  schema: {
    description: 'Messages on topics of an MQTT 5 broker, as a list of CloudEvents.',
    properties: {
      url: {
        description: 'Address of the broker. `${NAME}` stands for a variable of the function; passwords must be such.',
        type: 'string',
        minLength: 1,
        examples: ['mqtt://app:${MQTT_PASSWORD}@localhost:1883'],
      },
      topic: { description: 'Topic, with wildcards.', type: 'string', minLength: 1, examples: ['sensors/+/heat'] },
      group: {
        description: 'Shared subscription: each message goes to one of the clients in the group.',
        type: 'string',
        minLength: 1,
        examples: ['billing'],
      },
      qos: {
        description:
          'Quality of service between broker and trigger. With 1, messages come at least once, also those published with 2; with 0, those in a killed daemon are lost.',
        type: 'integer',
        minimum: 0,
        maximum: 1,
        default: 1,
        examples: [0],
      },
      clientId: {
        description: 'Name of the session at the broker, by default one that belongs to the trigger.',
        type: 'string',
        minLength: 1,
        examples: ['lam-heat'],
      },
      sessionExpiry: {
        description: 'Time for which the broker keeps messages while the trigger does not run (seconds).',
        type: 'integer',
        minimum: 0,
        maximum: 4_294_967_295,
        default: 86_400,
        examples: [604_800],
      },
      orderBy: {
        description: 'Whether messages with the same topic run in order when `parallelism` is more than 1.',
        type: 'string',
        enum: ['none', 'topic'],
        default: 'none',
        examples: ['topic'],
      },
      deadLetterTopic: {
        description: 'Topic for messages that keep failing. Without it they are dropped.',
        type: 'string',
        minLength: 1,
        examples: ['dead/sensors'],
      },
    },
    required: ['url', 'topic'],
  },
  nameOf: ({ topic }) => topic,
  fault: faultOf,
  load: async () => (await import('./run/run.ts')).mqttStarter,
});

function faultOf({ url, topic, group, deadLetterTopic }: MqttTrigger): KindFault | undefined {
  const fault = urlFault(url, ['mqtt', 'mqtts']);
  if (fault !== undefined) return { key: 'url', fault: `has a faulty url: it ${fault}` };
  const ofTopic = topicFault(topic, true);
  if (ofTopic !== undefined) return { key: 'topic', fault: `has a faulty topic: it ${ofTopic}` };
  if (group !== undefined && /[/+#]/.test(group))
    return { key: 'group', fault: 'has a faulty group: it must not contain any of / + #' };
  if (deadLetterTopic === undefined) return undefined;
  const ofDead = topicFault(deadLetterTopic, false);
  if (ofDead !== undefined) return { key: 'deadLetterTopic', fault: `has a faulty deadLetterTopic: it ${ofDead}` };
  if (matchesTopic(topic, deadLetterTopic))
    return { key: 'deadLetterTopic', fault: 'would read its own dead letters: name another deadLetterTopic' };
  return undefined;
}
