import { DEFAULT_CONFIG, EVENT_VERSIONS, type EventOutcome } from '../contract/index.ts';
import { DESTINATION_KINDS, type DestinationKind } from '../triggers/index.ts';
import type { JsonSchema } from './json-schema.ts';
import { inSeconds, limitsOf, number } from './number-schema.ts';

/** The schema of `async`: how events are run that nobody waits for. */
export function eventSettings(): JsonSchema {
  return {
    description:
      'Asynchronous invocations. `true`: HTTP requests are queued and answered 202, as with `always: true` in a map.',
    type: ['boolean', 'object'],
    // The keywords of a map do not apply to true and false.
    properties: {
      always: {
        description: 'Whether HTTP requests are queued and answered 202; a route may say otherwise by its own `async`.',
        type: 'boolean',
        default: DEFAULT_CONFIG.async,
      },
      maximumRetryAttempts: number(
        'Further attempts at an event that fails.',
        'integer',
        limitsOf('maximumRetryAttempts', 5),
      ),
      maximumEventAgeInSeconds: number(
        'How long an event may wait for its last attempt (seconds). It counts from when the event was accepted.',
        'number',
        inSeconds(limitsOf('maximumEventAgeMs', 3_600_000)),
      ),
      eventVersion: {
        description:
          'Which version runs an event that names none: the one that is live when it runs, or when it was accepted.',
        enum: [...EVENT_VERSIONS],
        default: DEFAULT_CONFIG.eventVersion,
      },
      onSuccess: destination('onSuccess', 'succeeded'),
      onFailure: destination('onFailure', 'failed for good; such events are no dead letters then'),
      maximumQueuedEvents: number(
        'Events that may wait; further ones are answered 429.',
        'integer',
        limitsOf('maximumQueuedEvents', 10_000),
      ),
      maximumDeadLetters: number(
        'Dead letters that are kept. While there are as many, events are answered 507.',
        'integer',
        limitsOf('maximumDeadLetters', 100),
      ),
    },
    default: false,
    examples: [true, { maximumRetryAttempts: 5, onFailure: 'function:audit' }],
    additionalProperties: false,
  };
}

function destination(
  outcome: EventOutcome,
  which: string,
  kinds: readonly DestinationKind[] = DESTINATION_KINDS,
): JsonSchema {
  const forms = kinds.flatMap(({ form }) => (form === undefined ? [] : [`\`${form}\``]));
  return {
    description: `Where records of events go that ${which}: ${forms.join(', ')}, or a map with a type.`,
    type: ['string', 'object'],
    properties: {
      type: { description: 'Kind of the destination.', type: 'string', enum: kinds.map((kind) => kind.type) },
    },
    required: ['type'],
    allOf: kinds.map(({ type, schema }) => ({
      if: { type: 'object', properties: { type: { const: type } }, required: ['type'] },
      // oxlint-disable-next-line no-thenable -- a keyword of JSON schema, on an object that is never awaited
      then: {
        description: schema.description,
        properties: { type: { const: type }, ...schema.properties },
        required: schema.required,
        additionalProperties: false,
      },
    })),
    examples: [outcome === 'onSuccess' ? 'function:audit' : 'file:failed.jsonl'],
  };
}
