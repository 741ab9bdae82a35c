import type { TriggerConfig } from '../../../../contract/index.ts';
import { objectIn, textIn, textsIn } from '../../../aws/members.ts';
import type { AwsCall } from '../call.ts';
import { refused, type MappedSettings, type MappingSource } from './source.ts';

const SERVERS = 'KAFKA_BOOTSTRAP_SERVERS';
/** As good as for ever: AWS repeats a batch until its records expire. */
const MOST_RETRIES = 1000;
/** Batches of different partitions at the same time. */
const PARALLELISM = 8;
/** Where AWS's functions run; lam's reach brokers by the network of this machine. */
const PLACES = ['VPC_SUBNET', 'VPC_SECURITY_GROUP'];

/** Topics of Kafka with named brokers; not those of Amazon MSK, whose brokers only AWS knows. */
export const kafkaMapping: MappingSource = {
  type: 'kafka',
  members: [
    ...['SelfManagedEventSource', 'SelfManagedKafkaEventSourceConfig', 'SourceAccessConfigurations'],
    ...['Topics', 'StartingPosition'],
  ],
  batchSize: 100,
  claims: (input) => input['SelfManagedEventSource'] !== undefined,
  settings,
  shown: (_arns, { brokers, topics, group, startingPosition = 'TRIM_HORIZON' }) => ({
    SelfManagedEventSource: { Endpoints: { [SERVERS]: brokers } },
    Topics: topics,
    StartingPosition: startingPosition,
    ...(group === undefined ? {} : { SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: group } }),
  }),
};

function settings(call: AwsCall, before: TriggerConfig | undefined): MappedSettings {
  const { input } = call;
  const access = (input['SourceAccessConfigurations'] ?? []) as readonly { readonly Type?: string }[];
  const secret = access.find(({ Type: type = '' }) => !PLACES.includes(type));
  if (secret !== undefined)
    throw refused(
      `lam has no Secrets Manager for ${secret.Type}: declare the trigger in lam.yaml, with a variable of the function as password`,
    );
  if (before !== undefined) return { called: (before['topics'] as readonly string[]).join(','), config: {} };
  const endpoints = objectIn(input, 'SelfManagedEventSource')?.['Endpoints'] as Record<string, string[]> | undefined;
  const brokers = endpoints?.[SERVERS] ?? [];
  if (brokers.length === 0) throw refused(`SelfManagedEventSource needs Endpoints with ${SERVERS}.`);
  const topics = textsIn(input, 'Topics') ?? [];
  if (topics.length === 0) throw refused('Topics is required for Kafka event sources.');
  const position = textIn(input, 'StartingPosition');
  if (position === undefined) throw refused('1 validation error detected: Value null at startingPosition.');
  if (position === 'AT_TIMESTAMP') throw refused('lam begins at TRIM_HORIZON or LATEST, not AT_TIMESTAMP');
  const own = objectIn(input, 'SelfManagedKafkaEventSourceConfig') ?? {};
  const unknown = Object.keys(own).find((member) => member !== 'ConsumerGroupId');
  if (unknown !== undefined) throw refused(`lam does not offer ${unknown} of SelfManagedKafkaEventSourceConfig`);
  const group = own['ConsumerGroupId'];
  return {
    called: topics.join(','),
    config: {
      ...{ brokers, topics, startingPosition: position, maxRetries: MOST_RETRIES, parallelism: PARALLELISM },
      ...(group === undefined ? {} : { group }),
    },
  };
}
