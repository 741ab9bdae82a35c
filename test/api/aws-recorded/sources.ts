import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { newFunction } from '../../support/aws-house.ts';
import { invalid, missing, ok, type RecordedBehaviour, type RecordedGroup } from './behaviour.ts';

const UUID = 'b5e5a5d2-9d5b-4a6e-8f3a-0c1d2e3f4a5b';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:somequeue';
const absent = missing('The resource you requested does not exist.');

const list = (what: string, more: object): RecordedBehaviour => ({
  what: `ListEventSourceMappings ${what}`,
  ask: (client) => client.send(new ListEventSourceMappingsCommand(more)),
  aws: ok({ EventSourceMappings: [] }),
});

/** Event source mappings that are not there. */
export const SOURCES: RecordedGroup = {
  about: 'event source mappings:',
  prepare: (client) => client.send(new CreateFunctionCommand(newFunction('sources-of'))),
  rows: [
    {
      what: 'GetEventSourceMapping of none',
      ask: (client) => client.send(new GetEventSourceMappingCommand({ UUID })),
      aws: absent,
    },
    {
      what: 'DeleteEventSourceMapping of none',
      ask: (client) => client.send(new DeleteEventSourceMappingCommand({ UUID })),
      aws: absent,
    },
    {
      what: 'UpdateEventSourceMapping of none',
      ask: (client) => client.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false })),
      aws: absent,
    },
    list('of all', {}),
    list('of no such function', { FunctionName: 'doesnotexist' }),
    list('of no such queue', { EventSourceArn: QUEUE }),
    {
      what: 'CreateEventSourceMapping without a source',
      ask: (client) => client.send(new CreateEventSourceMappingCommand({ FunctionName: 'doesnotexist' })),
      aws: invalid('Unrecognized event source.'),
    },
    {
      what: 'CreateEventSourceMapping of no such function',
      ask: (client) =>
        client.send(new CreateEventSourceMappingCommand({ FunctionName: 'doesnotexist', EventSourceArn: QUEUE })),
      aws: invalid('Function does not exist'),
    },
  ],
};
