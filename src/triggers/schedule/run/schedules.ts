import { randomUUID } from 'node:crypto';
import type { ScheduleView } from '../../../contract/index.ts';
import type { TriggerStarter } from '../../running.ts';
import { parseDuration } from '../duration.ts';
import type { ScheduleTrigger } from '../settings.ts';
import { Agenda } from './agenda.ts';
import { eventOf, jitterOf, runId } from './event.ts';
import { planOf } from './plan.ts';
import { Scheduled } from './scheduled.ts';
import { stateOf } from './state.ts';
import { timingText } from '../text.ts';

/** Creates the running half of schedules; all that it starts share one timer. */
export function schedules(): TriggerStarter<ScheduleTrigger> {
  let agenda: Agenda | undefined;
  return {
    start(config, host) {
      agenda ??= new Agenda(host.clock);
      const scheduled = new Scheduled(config, host, agenda);
      scheduled.start();
      return Promise.resolve(scheduled);
    },
    view(config, { functionName, name, clock, kept, isPaused }): ScheduleView {
      const state = stateOf(kept.get());
      const now = clock.now();
      const planned = isPaused ? undefined : planOf(config).next(state === undefined ? now : Math.max(state.cursor, 0));
      const spread = parseDuration(config.jitter ?? '') ?? 0;
      return {
        when: timingText(config),
        next: planned === undefined ? null : planned + jitterOf(functionName, runId(name, planned), spread),
        waiting: state?.waiting.length ?? 0,
        history: state?.history ?? [],
      };
    },
    trial(config, { functionName, name, clock, arns }, given) {
      const run = { functionName, schedule: name, id: `${name}@test`, at: clock.now() };
      const event: unknown = given ?? JSON.parse(Buffer.from(eventOf(config, run, arns)).toString());
      return { event, filtered: 0, isFiltered: false };
    },
    eventNow(config, { functionName, name, clock, arns }) {
      const id = `${name}@run-${randomUUID()}`;
      return { id, event: eventOf(config, { functionName, schedule: name, id, at: clock.now() }, arns) };
    },
  };
}
