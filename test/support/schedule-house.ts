import assert from 'node:assert/strict';
import type { FunctionName, ScheduleView, TriggerConfig } from '../../src/contract/index.ts';
import { schedule } from '../../src/triggers/schedule/schedule.ts';
import { DeployedTriggers, TriggerSupervisor } from '../../src/triggers/supervisor/index.ts';
import type { DurableEnd, EnqueueOutcome, EventEnded } from '../../src/triggers/running.ts';
import { asFunctionName, asRequestId } from './ids.ts';
import { MemoryStates } from './memory-states.ts';
import { VirtualClock } from './virtual-clock.ts';
import { ARNS } from './arns.ts';

/** A run that a schedule queued. */
export interface Run {
  readonly id: string;
  readonly at: number;
  readonly event: string;
}

/** A queue of runs that a test ends, which outlives the daemons that fill it. */
class TestQueue {
  readonly #ends = new Map<string, DurableEnd | undefined>();
  readonly #followers = new Map<string, EventEnded[]>();
  /** What queueing rejects with, if set. */
  failure: Error | undefined;

  enqueue(id: string, ended: EventEnded | undefined): EnqueueOutcome {
    const isKnown = this.#ends.has(id);
    if (!isKnown) this.#ends.set(id, undefined);
    if (ended !== undefined) this.follow(id, ended);
    return isKnown ? 'known' : 'accepted';
  }

  follow(id: string, ended: EventEnded): boolean {
    if (!this.#ends.has(id)) return false;
    const end = this.#ends.get(id);
    if (end === undefined) this.#followers.set(id, [...(this.#followers.get(id) ?? []), ended]);
    else ended(end);
    return true;
  }

  end(id: string, end: DurableEnd): void {
    this.#ends.set(id, end);
    for (const ended of this.#followers.get(id) ?? []) ended(end);
    this.#followers.delete(id);
  }
}

/** Schedules over a virtual clock, whose runs a test ends. */
export class ScheduleHouse {
  readonly clock: VirtualClock;
  readonly states: MemoryStates;
  readonly queue: TestQueue;
  /** Runs that were queued and that a test has not taken or ended. */
  readonly runs: Run[];
  readonly expected: number[] = [];
  readonly troubles: string[] = [];
  readonly #functions = new Map<FunctionName, readonly TriggerConfig[]>();
  readonly #listeners: ((change: { readonly name: FunctionName }) => void)[] = [];
  readonly #supervisor: TriggerSupervisor;

  /** Continues with what another house kept, as a new daemon does. */
  constructor(before?: ScheduleHouse) {
    this.clock = before?.clock ?? new VirtualClock();
    this.states = before?.states ?? new MemoryStates();
    this.queue = before?.queue ?? new TestQueue();
    this.runs = before?.runs ?? [];
    this.#supervisor = new TriggerSupervisor({
      kinds: [schedule],
      deployed: new DeployedTriggers({
        names: () => this.#functions.keys(),
        triggersOf: (name) => this.#functions.get(name) ?? [],
        onChange: (listener) => this.#listeners.push(listener),
      }),
      clock: this.clock,
      deliver: () => assert.fail('schedules queue their events'),
      enqueue: ({ id, event, notBefore = this.clock.now() }, ended) => {
        if (this.queue.failure !== undefined) return Promise.reject(this.queue.failure);
        const outcome = this.queue.enqueue(id, ended);
        if (outcome === 'accepted') this.runs.push({ id, event: Buffer.from(event).toString(), at: notBefore });
        return Promise.resolve(outcome);
      },
      follow: ({ id }, ended) => Promise.resolve(this.queue.follow(id, ended)),
      requestIdOf: ({ id }) => asRequestId(id),
      expect: (_, at) => this.expected.push(at),
      variable: () => undefined,
      receive: () => () => undefined,
      arns: ARNS,
      home: '/nowhere',
      states: this.states,
      onTrouble: (what) => this.troubles.push(what),
    });
  }

  /** Starts the daemon with these schedules of a function `f`. */
  async start(...schedules: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    await this.deploy(...schedules);
    this.#supervisor.start();
    // The running half is imported when the first schedule goes live.
    while (this.#supervisor.statesOf(asFunctionName('f')).some(({ state }) => state === 'starting'))
      await this.clock.advance(0);
    await this.clock.advance(0);
  }

  /** Makes these the schedules of the live version. */
  async deploy(...schedules: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    this.#functions.set(
      asFunctionName('f'),
      schedules.map((settings) => ({ type: 'schedule', ...settings })),
    );
    for (const listener of this.#listeners) listener({ name: asFunctionName('f') });
    await this.clock.advance(0);
  }

  /** Ends the daemon; what it would do from now on has no effect. */
  async kill(): Promise<void> {
    await this.#supervisor.close(0);
    await this.clock.advance(0);
  }

  async setPaused(name: string, isPaused: boolean): Promise<void> {
    await this.#supervisor.setPaused({ functionName: asFunctionName('f'), type: 'schedule', name }, isPaused);
    await this.clock.advance(0);
  }

  /** Planned times of the runs since the last call, as ISO 8601. */
  take(): readonly string[] {
    return this.runs.splice(0).map(({ id }) => id.slice(id.lastIndexOf('@') + 1));
  }

  /** Ends the oldest run; returns its planned time, or undefined if there is none. */
  async end(why?: string): Promise<string | undefined> {
    const run = this.runs.shift();
    if (run !== undefined)
      this.queue.end(run.id, { isSuccess: why === undefined, ...(why === undefined ? {} : { why }) });
    await this.clock.advance(0);
    return run?.id.slice(run.id.lastIndexOf('@') + 1);
  }

  /** What is shown of the first schedule. */
  async view(): Promise<ScheduleView & { readonly state: string }> {
    const [first] = await this.#supervisor.list('schedule');
    return { ...(first?.view as ScheduleView), state: first?.state ?? 'none' };
  }
}
