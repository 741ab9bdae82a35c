import { SCHEDULE_HISTORY, type ScheduleRun } from '../../../contract/index.ts';
import type { EpochMs } from '../../../kit/index.ts';

/** What a schedule keeps over restarts. */
export interface ScheduleState {
  /** The last planned time that was dealt with. */
  readonly cursor: EpochMs;
  /** Planned times whose runs wait for an earlier one, ascending. */
  readonly waiting: readonly EpochMs[];
  /** Planned times whose runs are queued or running. */
  readonly running: readonly EpochMs[];
  /** Newest first. */
  readonly history: readonly ScheduleRun[];
}

/** Reads what {@link ScheduleState} was kept as; undefined where there is none, or none that can be understood. */
export function stateOf(kept: unknown): ScheduleState | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { cursor, waiting, running, history } = kept as Partial<Record<keyof ScheduleState, unknown>>;
  if (typeof cursor !== 'number' || !isTimes(waiting) || !isTimes(running) || !Array.isArray(history)) return undefined;
  return { cursor, waiting, running, history: history as ScheduleRun[] };
}

function isTimes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isFinite(one));
}

/** Adds a run, or replaces what is known of it. */
export function withRun(history: readonly ScheduleRun[], run: ScheduleRun): readonly ScheduleRun[] {
  const at = history.findIndex(({ planned }) => planned === run.planned);
  const known = history[at];
  if (known !== undefined) {
    const { why: _past, ...lasting } = known;
    return history.with(at, { ...lasting, ...run });
  }
  return [run, ...history].toSorted((a, b) => b.planned - a.planned).slice(0, SCHEDULE_HISTORY);
}
