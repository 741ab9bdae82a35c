import type { RequestId, TriggerConfig, TriggerPhase, TriggerState } from '../../contract/index.ts';
import { isLamError, messageOf } from '../../errors/index.ts';
import type { RunningTrigger, Trial, TriggerAbout, TriggerStarter } from '../running.ts';
import { keptOf, type Kept, type TriggerIdentity } from './kept.ts';
import { TriggerTally } from './trigger-tally.ts';
import { SupervisedHost, type HostParts } from './trigger-host.ts';

/** Bounds of the pause before a failed trigger is restarted (ms); it doubles with each failure. */
const FIRST_PAUSE_MS = 1000;
const LAST_PAUSE_MS = 60_000;

/** What a supervised trigger works with. */
export interface TriggerParts extends Omit<HostParts, 'count'> {
  /** Told of what triggers did. */
  readonly onCount?: (trigger: TriggerIdentity, phase: TriggerPhase, count: number) => void;
}

/** One run of a trigger, from its start to its stop. */
interface Run {
  readonly trigger: RunningTrigger;
  readonly host: SupervisedHost;
  config: TriggerConfig;
}

/** State machine of one trigger: starts, updates, stops and restarts it, one step at a time. */
export class SupervisedTrigger {
  readonly identity: TriggerIdentity;
  readonly #starter: () => Promise<TriggerStarter>;
  readonly #parts: HostParts;
  readonly #tally: TriggerTally;
  readonly #kept: Kept;
  /** Settings of the live version; undefined when it is to stop for good. */
  #config: TriggerConfig | undefined;
  #liveSince = 0;
  #isPaused: boolean;
  #run: Run | undefined;
  /** Host of the current run or pending start. */
  #host: SupervisedHost | undefined;
  /** Failure of the current run, which must be stopped because of it. */
  #failure: { readonly error: unknown } | undefined;
  /** Number of consecutive failures. */
  #failures = 0;
  #cancelPause: (() => void) | undefined;
  /** Pending steps. */
  #steps: Promise<void> | undefined;
  #state: Pick<TriggerState, 'state' | 'since' | 'cause' | 'hint'>;

  constructor(identity: TriggerIdentity, starter: () => Promise<TriggerStarter>, parts: TriggerParts) {
    const tally = new TriggerTally((phase, count) => parts.onCount?.(identity, phase, count));
    this.identity = identity;
    this.#starter = starter;
    this.#tally = tally;
    this.#parts = {
      ...parts,
      count: (phase, count) => tally.add(phase, count),
      enqueue: (event, ended) => tally.queued(event.id, (end) => parts.enqueue(event, end), ended),
      follow: (event, ended) => tally.followed(event.id, (end) => parts.follow(event, end), ended),
    };
    this.#kept = keptOf(identity, parts);
    const pause = this.#kept.pause();
    this.#isPaused = pause?.isPaused === true;
    this.#state = this.#isPaused
      ? { state: 'paused', since: pause?.since ?? 0 }
      : { state: 'starting', since: parts.clock.now() };
  }

  get state(): TriggerState {
    const { type, name } = this.identity;
    const { lag, lags, running = 0, held = 0 } = this.#run?.trigger.report?.() ?? {};
    const { counts } = this.#tally;
    return {
      type,
      name,
      ...this.#state,
      ...(lag === undefined ? {} : { lag }),
      ...(lags === undefined ? {} : { lags }),
      counts: { ...counts, running: counts.running + running, held: counts.held + held },
    };
  }

  /**
   * Makes it run with `config`, or stop if undefined, which blocks further events at once. Resolves when it runs, has
   * stopped, or has failed and is waiting for its restart.
   */
  set(config: TriggerConfig | undefined): Promise<void> {
    this.#config = config;
    if (config === undefined) this.#host?.close();
    else this.#liveSince = this.#parts.clock.now();
    return this.#proceed();
  }

  /**
   * Pauses or resumes it, also after restarts of the daemon; nothing happens if it is so already. Resolves when that is
   * durable and it has stopped or started. Rejects with a `LAM_STORE_*` error; then nothing was changed.
   */
  async setPaused(isPaused: boolean): Promise<void> {
    if (isPaused === this.#isPaused) return;
    const now = this.#parts.clock.now();
    const before = this.#kept.pause();
    await this.#kept.setPause(
      isPaused ? { ...before, isPaused, since: now } : { isPaused, since: now, resumedAt: now },
    );
    this.#isPaused = isPaused;
    this.#failures = 0;
    if (isPaused) {
      this.#host?.close();
      this.#enter('paused');
    } else if (this.#run === undefined) this.#enter('starting');
    await this.#proceed();
  }

  /**
   * Queues the event that its kind makes for a user's request, also while it is paused, and returns the id of its
   * invocation; undefined if it makes none. Rejects with the error of the queue.
   */
  async runNow(): Promise<RequestId | undefined> {
    const config = this.#config;
    const starter = await this.#starter();
    const event = config === undefined ? undefined : starter.eventNow?.(config, this.#about);
    if (event === undefined) return undefined;
    const { functionName, type, name } = this.identity;
    const queued = { ...event, functionName, type, trigger: name };
    await this.#parts.enqueue(queued);
    return this.#parts.requestIdOf(queued);
  }

  /** Counts what became of an event that it queued. */
  count(phase: TriggerPhase): void {
    this.#tally.add(phase);
  }

  /** What a test of it gives to the function, see {@link TriggerStarter.trial}; undefined if its kind has no tests. */
  async trial(given: unknown): Promise<Trial | undefined> {
    const config = this.#config;
    const starter = await this.#starter();
    return config === undefined ? undefined : starter.trial?.(config, this.#about, given);
  }

  /** What its kind shows of it. */
  async view(): Promise<unknown> {
    const config = this.#config;
    const starter = await this.#starter();
    return config === undefined ? undefined : starter.view?.(config, this.#about);
  }

  /** Forgets what it keeps. */
  drop(): void {
    this.#kept.drop();
    this.#isPaused = false;
  }

  get #about(): TriggerAbout {
    const { functionName, name } = this.identity;
    const { clock, arns } = this.#parts;
    return { functionName, name, clock, arns, kept: this.#kept.own, isPaused: this.#isPaused };
  }

  /** Settings with which it is to run now. */
  get #wanted(): TriggerConfig | undefined {
    return this.#isPaused ? undefined : this.#config;
  }

  /** Takes the steps that are due; ends a pause. */
  #proceed(): Promise<void> {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    return (this.#steps ??= this.#takeSteps());
  }

  async #takeSteps(): Promise<void> {
    // The caller must assign the promise first.
    await Promise.resolve();
    for (let step = this.#nextStep(); step !== undefined; step = this.#nextStep()) await step();
    // In the same turn as the last check, so that no change is missed in between.
    this.#steps = undefined;
  }

  /** The step that is due, if any. */
  #nextStep(): (() => Promise<void>) | undefined {
    const run = this.#run;
    const wanted = this.#wanted;
    if (run !== undefined && (run.host.signal.aborted || this.#failure !== undefined)) return () => this.#stop(run);
    if (wanted === undefined || this.#cancelPause !== undefined) return undefined;
    if (run === undefined) return () => this.#start(wanted);
    return run.config === wanted ? undefined : () => this.#update(run, wanted);
  }

  async #start(config: TriggerConfig): Promise<void> {
    const host = new SupervisedHost(this.identity, this.#parts, (error) => this.#failed(error), this.#liveSince);
    this.#host = host;
    if (this.#failures === 0) this.#enter('starting');
    try {
      const starter = await this.#starter();
      if (host.signal.aborted) return;
      this.#run = { trigger: await starter.start(config, host), host, config };
      if (!host.signal.aborted) this.#enter('running');
    } catch (error) {
      host.close();
      this.#failure = undefined;
      this.#pause(error);
    }
  }

  async #update(run: Run, config: TriggerConfig): Promise<void> {
    try {
      if (run.trigger.update === undefined) run.host.close();
      else await run.trigger.update(config);
      run.config = config;
    } catch {
      run.host.close();
    }
  }

  async #stop({ trigger, host }: Run): Promise<void> {
    host.close();
    try {
      await trigger.stop();
    } catch (error) {
      const { name, functionName } = this.identity;
      this.#parts.onTrouble(`trigger '${name}' of '${functionName}' did not stop: ${messageOf(error)}`);
    }
    this.#run = undefined;
    if (this.#failure !== undefined) this.#pause(this.#failure.error);
    this.#failure = undefined;
  }

  #failed(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    const { state, since } = this.#state;
    if (state === 'running' && this.#parts.clock.now() - since > LAST_PAUSE_MS) this.#failures = 0;
    void this.#proceed();
  }

  /** Schedules a restart, unless the trigger is to stop. */
  #pause(error: unknown): void {
    if (this.#wanted === undefined) return;
    const { clock, onTrouble } = this.#parts;
    const { name, functionName } = this.identity;
    const pauseMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    const cause = messageOf(error);
    this.#enter('retrying', { cause, ...(isLamError(error) && error.hint !== undefined ? { hint: error.hint } : {}) });
    onTrouble(`trigger '${name}' of '${functionName}' failed: ${cause}; it is started again in ${pauseMs / 1000} s`);
    this.#cancelPause = clock.after(pauseMs, () => void this.#proceed());
  }

  #enter(state: TriggerState['state'], why: Pick<TriggerState, 'cause' | 'hint'> = {}): void {
    const since = state === 'retrying' && this.#state.state === state ? this.#state.since : this.#parts.clock.now();
    this.#state = { state, since, ...why };
  }
}
