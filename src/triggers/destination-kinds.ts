import type { DestinationKind } from './destination.ts';
import { fileDestination } from './destinations/file.ts';
import { functionDestination } from './destinations/function.ts';
import { httpDestination } from './destinations/http.ts';
import { kafkaDestination } from './kafka/destination.ts';
import { mqttDestination } from './mqtt/destination.ts';
import { jetstreamDestination, natsDestination } from './nats/destination.ts';
import { postgresDestination } from './postgres/destination.ts';
import { rabbitmqDestination } from './rabbitmq/destination.ts';
import { redisDestination } from './redis/destination.ts';
import { sqsDestination } from './sqs/destination.ts';

/** All kinds of destinations. To add one: `destination.ts` in the folder of its source, and a line here. */
export const DESTINATION_KINDS: readonly DestinationKind[] = [
  functionDestination,
  httpDestination,
  fileDestination,
  rabbitmqDestination,
  redisDestination,
  sqsDestination,
  natsDestination,
  jetstreamDestination,
  mqttDestination,
  kafkaDestination,
  postgresDestination,
];
