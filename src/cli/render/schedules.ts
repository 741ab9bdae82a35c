import type { ScheduleRun } from '../../contract/index.ts';
import type { ScheduleDetail } from '../services/schedules.ts';
import { formatAge, formatUntil } from './format.ts';
import { safe, table } from './table.ts';

/** Table of `lam schedule list`. */
export function renderSchedules(schedules: readonly ScheduleDetail[], now: number, limit?: number): string {
  return table(
    schedules,
    [
      { heading: 'FUNCTION', cell: (s) => safe(s.functionName), least: 12 },
      { heading: 'SCHEDULE', cell: (s) => safe(s.name), least: 16 },
      ...(schedules.some((s) => s.name !== s.view.when)
        ? [{ heading: 'WHEN', cell: (s: ScheduleDetail) => safe(s.view.when), least: 12, drop: 3 }]
        : []),
      { heading: 'STATE', cell: (s) => stateText(s) },
      { heading: 'NEXT', cell: ({ view }) => (view.next === null ? '-' : timeText(view.next)), drop: 2 },
      {
        heading: 'IN',
        cell: ({ view }) => (view.next === null ? '-' : formatUntil(view.next, now).replace(/^in /, '')),
      },
      { heading: 'LAST', cell: ({ view }) => lastText(view.history, now), drop: 1 },
    ],
    limit,
  );
}

/** The planned runs of schedules, newest first. */
export function renderRuns(schedules: readonly ScheduleDetail[], now: number, limit?: number): string {
  const rows = schedules
    .flatMap(({ functionName, name, view }) => view.history.map((run) => ({ functionName, name, run })))
    .toSorted((a, b) => b.run.planned - a.run.planned);
  return table(
    rows,
    [
      { heading: 'PLANNED', cell: ({ run }) => timeText(run.planned) },
      { heading: 'WHEN', cell: ({ run }) => formatAge(run.planned, now), drop: 1 },
      { heading: 'FUNCTION', cell: (row) => safe(row.functionName), least: 12, drop: 3 },
      { heading: 'SCHEDULE', cell: (row) => safe(row.name), least: 16 },
      { heading: 'OUTCOME', cell: ({ run }) => run.outcome },
      { heading: 'REQUEST', cell: ({ run }) => safe(run.requestId ?? ''), drop: 2 },
      { heading: 'WHY', cell: ({ run }) => safe(run.why ?? ''), least: 12 },
    ],
    limit,
  );
}

function stateText({ state, view, cause }: ScheduleDetail): string {
  if (state === 'retrying') return `retrying (${safe(cause ?? '')})`;
  const waiting = view.waiting === 0 ? '' : `, ${view.waiting} waiting`;
  return `${state}${waiting}`;
}

function lastText([last]: readonly ScheduleRun[], now: number): string {
  return last === undefined ? '-' : `${last.outcome} ${formatAge(last.planned, now)}`;
}

/** A time in UTC: `2027-01-31 09:00:00Z`. */
function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
