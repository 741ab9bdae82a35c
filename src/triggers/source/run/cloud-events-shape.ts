import type { SourceConfig } from '../settings.ts';
import { cloudEvent, filterableOf, type EventAttributes } from './cloud-event.ts';
import type { EventShape } from './event-shape.ts';

/**
 * Shape of events that are lists of CloudEvents.
 *
 * @param attributesOf the attributes of a sample, besides its id
 */
export function cloudEventsShape<C extends SourceConfig>(
  attributesOf: (config: C, now: number) => Omit<EventAttributes, 'id'>,
): EventShape<C> {
  return {
    sample: (config, { clock }) => [
      cloudEvent(
        { id: 'sample-1', ...attributesOf(config, clock.now()) } as EventAttributes,
        Buffer.from('{"message":"sample"}'),
      ),
    ],
    filterable: filterableOf,
  };
}
