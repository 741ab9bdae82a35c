import type { BackgroundOptions } from '../background/index.ts';
import type { Observers } from '../observer/index.ts';
import type { LeasedEvent } from '../queue/index.ts';
import type { TriggerIdentity, TriggerSupervisor } from '../triggers/supervisor/index.ts';

/** Tells observers what happens to queued events, and the triggers that queued them. */
export function eventPhases(
  observers: Observers | undefined,
  supervisor: TriggerSupervisor,
): NonNullable<BackgroundOptions['onPhase']> {
  return (event, phase) => {
    observers?.event(event.functionName, phase);
    if (phase === 'run') return;
    const trigger = triggerOf(event);
    if (trigger !== undefined) supervisor.count(trigger, phase);
  };
}

/** The trigger that queued an event; undefined if none did. */
function triggerOf({ functionName, origin }: LeasedEvent): TriggerIdentity | undefined {
  if (origin.kind !== 'trigger') return undefined;
  const at = origin.trigger.indexOf(':');
  return at < 0 ? undefined : { functionName, type: origin.trigger.slice(0, at), name: origin.trigger.slice(at + 1) };
}
