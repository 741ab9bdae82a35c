import { folder } from './folder/folder.ts';
import { http } from './http/http.ts';
import { schedule } from './schedule/schedule.ts';
import type { TriggerKind } from './kind.ts';
import { mqtt } from './mqtt/mqtt.ts';
import { jetstream } from './nats/jetstream.ts';
import { nats } from './nats/nats.ts';
import { kafka } from './kafka/kafka.ts';
import { rabbitmq } from './rabbitmq/rabbitmq.ts';
import { postgres } from './postgres/postgres.ts';
import { redis } from './redis/redis.ts';
import { sqs } from './sqs/sqs.ts';
import { webhook } from './webhook/webhook.ts';

/** All kinds of triggers. To add one: a folder beside `http/` and a line here. */
export const TRIGGER_KINDS: readonly TriggerKind[] = [
  http,
  schedule,
  webhook,
  folder,
  rabbitmq,
  redis,
  sqs,
  nats,
  jetstream,
  mqtt,
  postgres,
  kafka,
];
