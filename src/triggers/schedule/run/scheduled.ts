import type { ScheduleRun } from '../../../contract/index.ts';
import { messageOf } from '../../../errors/index.ts';
import type { EpochMs } from '../../../kit/index.ts';
import type { DurableEnd, RunningTrigger, TriggerHost, TriggerReport } from '../../running.ts';
import { parseDuration } from '../duration.ts';
import { MOST_WAITING, SCHEDULE_DEFAULTS, type ScheduleTrigger } from '../settings.ts';
import type { Agenda, AgendaEntry } from './agenda.ts';
import { dueOf, LATE_MS, SET_BACK_MS } from './due.ts';
import { eventOf, jitterOf, runId } from './event.ts';
import { planOf } from './plan.ts';
import type { Timetable } from './timetable.ts';
import { stateOf, withRun, type ScheduleState } from './state.ts';

/** A new `at` schedule still runs if its time passed so shortly before it went live (ms). */
const JUST_PASSED_MS = 60_000;
/**
 * So long before its time a run is queued (ms), if it does not depend on how earlier ones go: storing it durably must not
 * delay its start.
 */
const AHEAD_MS = 2000;
/** Bounds of the pause before a run that could not be queued is tried again (ms); it doubles each time. */
const FIRST_PAUSE_MS = 1000;
const LAST_PAUSE_MS = 60_000;

/** A schedule that runs: starts what is due, in the order of its planned times, and keeps what it did. */
export class Scheduled implements RunningTrigger<ScheduleTrigger>, AgendaEntry {
  readonly #host: TriggerHost;
  readonly #agenda: Agenda;
  readonly #startedAt: EpochMs;
  /** Cancel the pauses of runs that are tried again. */
  readonly #pauses = new Set<() => void>();
  #config: ScheduleTrigger;
  #plan: Timetable;
  #state: ScheduleState;
  #isSaving = false;

  constructor(config: ScheduleTrigger, host: TriggerHost, agenda: Agenda) {
    this.#host = host;
    this.#agenda = agenda;
    this.#startedAt = host.clock.now();
    this.#config = config;
    this.#plan = planOf(config);
    this.#state = this.#stateAtStart();
  }

  /** Continues where an earlier daemon ended. */
  start(): void {
    for (const planned of this.#state.running) void this.#resume(planned);
    this.#agenda.set(this, this.plan(this.#startedAt));
  }

  update(config: ScheduleTrigger): Promise<void> {
    const now = this.#host.clock.now();
    this.#config = config;
    this.#plan = planOf(config);
    // What the new settings planned before they went live was not to be run.
    this.#keep({ cursor: now - (config.at === undefined ? 0 : JUST_PASSED_MS) });
    this.#agenda.set(this, this.plan(now));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#agenda.remove(this);
    for (const cancel of this.#pauses) cancel();
    this.#pauses.clear();
    return Promise.resolve();
  }

  /** Runs that are due and wait for another one to end. */
  report(): TriggerReport {
    return { lag: this.#state.waiting.length };
  }

  due(now: EpochMs): void {
    const { missed = SCHEDULE_DEFAULTS.missed, missedLimit: limit = SCHEDULE_DEFAULTS.missedLimit } = this.#config;
    const before = this.#state.cursor;
    const { late, onTime, isDropping, cursor } = dueOf({
      plan: this.#plan,
      cursor: before,
      now,
      missedUntil: Math.max(this.#startedAt, now - LATE_MS) - this.#jitterMs,
      missed: { policy: missed, limit },
      delayOf: (planned) => this.#delayOf(planned) - this.#aheadMs,
    });
    if (isDropping) this.#note({ planned: this.#plan.next(before) ?? before, outcome: 'missed' });
    for (const planned of late) this.#begin(planned, true);
    for (const planned of onTime) this.#begin(planned, false);
    this.#keep({ cursor });
  }

  plan(now: EpochMs): EpochMs | undefined {
    if (this.#state.cursor > now + SET_BACK_MS) this.#keep({ cursor: now });
    const planned = this.#plan.next(this.#state.cursor);
    if (planned === undefined) return undefined;
    const at = planned + this.#delayOf(planned);
    if (at > now) this.#host.expect(at);
    return at - this.#aheadMs;
  }

  get #jitterMs(): number {
    return parseDuration(this.#config.jitter ?? '') ?? 0;
  }

  get #aheadMs(): number {
    return (this.#config.overlap ?? SCHEDULE_DEFAULTS.overlap) === 'allow' ? AHEAD_MS : 0;
  }

  #delayOf(planned: EpochMs): number {
    return jitterOf(this.#host.functionName, runId(this.#host.name, planned), this.#jitterMs);
  }

  #stateAtStart(): ScheduleState {
    const { kept, resumedAt = -Infinity } = this.#host;
    const state = stateOf(kept.get());
    if (state === undefined) {
      const cursor = this.#startedAt - (this.#config.at === undefined ? 0 : JUST_PASSED_MS);
      const first = { cursor: Math.max(cursor, resumedAt), waiting: [], running: [], history: [] };
      kept.set(first);
      return first;
    }
    return resumedAt > state.cursor ? { ...state, cursor: resumedAt, waiting: [] } : state;
  }

  /** Starts a run that is due, or does what the overlap policy says if another one has not finished. */
  #begin(planned: EpochMs, isLate: boolean): void {
    const { overlap = SCHEDULE_DEFAULTS.overlap } = this.#config;
    const { running, waiting } = this.#state;
    const isBusy = running.length > 0 || waiting.length > 0;
    if (overlap === 'allow' || !isBusy) this.#launch(planned);
    // Runs that are made up for follow one another; they are due at the same time only because they are late.
    else if ((overlap === 'queue' || isLate) && waiting.length < MOST_WAITING)
      this.#keep({ waiting: [...waiting, planned] });
    else this.#note({ planned, outcome: 'skipped' });
  }

  #launch(planned: EpochMs): void {
    this.#keep({ running: [...this.#state.running, planned] });
    const { clock, name } = this.#host;
    const requestId = this.#host.requestIdOf(runId(name, planned));
    this.#note({ planned, at: Math.max(clock.now(), planned + this.#delayOf(planned)), outcome: 'running', requestId });
    void this.#queue(planned, FIRST_PAUSE_MS);
  }

  /** Queues a run, and tries again if that fails: what was planned is not lost while the queue cannot take it. */
  async #queue(planned: EpochMs, pauseMs: number): Promise<void> {
    const { functionName, name, clock, signal, arns } = this.#host;
    const id = runId(name, planned);
    try {
      const event = eventOf(this.#config, { functionName, schedule: name, id, at: planned }, arns);
      const start = planned + this.#delayOf(planned);
      const when = start > clock.now() ? { notBefore: start } : {};
      await this.#host.enqueue({ id, event, ...when }, (end) => this.#ended(planned, end));
    } catch (error) {
      // A stopped schedule queues it when it starts again.
      if (signal.aborted) return;
      this.#note({ planned, outcome: 'running', why: `not queued yet: ${messageOf(error)}` });
      const cancel = clock.after(pauseMs, () => {
        this.#pauses.delete(cancel);
        void this.#queue(planned, Math.min(pauseMs * 2, LAST_PAUSE_MS));
      });
      this.#pauses.add(cancel);
    }
  }

  /** Follows a run of an earlier daemon; queues it if that daemon ended before it could. */
  async #resume(planned: EpochMs): Promise<void> {
    const ended = (end: DurableEnd): void => this.#ended(planned, end);
    const isKnown = await this.#host.follow(runId(this.#host.name, planned), ended).catch(() => false);
    if (!isKnown && !this.#host.signal.aborted) await this.#queue(planned, FIRST_PAUSE_MS);
  }

  #ended(planned: EpochMs, { isSuccess, why }: DurableEnd): void {
    const { running, waiting } = this.#state;
    if (!running.includes(planned)) return;
    const [next, ...rest] = waiting;
    this.#keep({ running: running.filter((one) => one !== planned), waiting: rest });
    this.#note({
      planned,
      outcome: isSuccess ? 'succeeded' : 'failed',
      ...(why === undefined ? {} : { why }),
    });
    if (next !== undefined) this.#launch(next);
  }

  #note(run: ScheduleRun): void {
    this.#keep({ history: withRun(this.#state.history, run) });
  }

  #keep(change: Partial<ScheduleState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#isSaving) return;
    this.#isSaving = true;
    // All changes of a turn are one write.
    queueMicrotask(() => {
      this.#isSaving = false;
      this.#host.kept.set(this.#state);
    });
  }
}
