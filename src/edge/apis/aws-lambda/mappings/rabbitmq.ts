import type { TriggerConfig } from '../../../../contract/index.ts';
import { textIn, textsIn } from '../../../aws/members.ts';
import type { AwsCall } from '../call.ts';
import { refused, type MappedSettings, type MappingSource } from './source.ts';

/** As good as for ever: AWS returns messages to the queue until they succeed. */
const MOST_RETRIES = 1000;

interface Access {
  readonly Type?: string;
  readonly URI?: string;
}

/** Queues of RabbitMQ brokers of Amazon MQ, at the address that the daemon was told. */
export const rabbitmqMapping: MappingSource = {
  type: 'rabbitmq',
  members: ['Queues', 'SourceAccessConfigurations'],
  batchSize: 100,
  claims: (input) => textIn(input, 'EventSourceArn')?.split(':')[2] === 'mq',
  settings,
  shown: (arns, { queue, url }) => ({
    EventSourceArn: arns.broker(URL.parse(String(url).replaceAll(/\$\{\w+\}/g, 'x'))?.hostname ?? 'broker'),
    Queues: [queue],
  }),
};

function settings(call: AwsCall, before: TriggerConfig | undefined): MappedSettings {
  const { input } = call;
  if (before !== undefined) return { called: String(before['queue']), config: {} };
  const [queue] = textsIn(input, 'Queues') ?? [];
  if (queue === undefined) throw refused('Queues is required for MQ event sources.');
  const { mq } = call.endpoints;
  if (mq === undefined)
    throw refused(
      `lam does not know where ${textIn(input, 'EventSourceArn')} is: name a RabbitMQ broker: lam restart --aws-endpoint mq=amqp://localhost:5672`,
    );
  // Credentials are in the address: lam has no Secrets Manager to ask for those of BASIC_AUTH.
  const access = (input['SourceAccessConfigurations'] ?? []) as readonly Access[];
  const other = access.find(({ Type: type }) => type !== 'BASIC_AUTH' && type !== 'VIRTUAL_HOST');
  if (other !== undefined) throw refused(`lam does not offer ${other.Type} for MQ event sources`);
  const host = access.find(({ Type: type }) => type === 'VIRTUAL_HOST')?.URI;
  const url = host === undefined ? mq : mq.replace(/^(\w+:\/\/[^/]*).*$/, `$1/${encodeURIComponent(host)}`);
  return { called: queue, config: { url, queue, maxRetries: MOST_RETRIES } };
}
