import { kafkaMapping } from './kafka.ts';
import { rabbitmqMapping } from './rabbitmq.ts';
import { sqsMapping } from './sqs.ts';
import type { MappingSource } from './source.ts';

/** All kinds of event sources. */
export const MAPPING_SOURCES: readonly MappingSource[] = [sqsMapping, kafkaMapping, rabbitmqMapping];
