import type { TriggerConfig, TriggerState } from '../../contract/index.ts';
import { messageOf } from '../../errors/index.ts';
import type { RunningTrigger, TriggerStarter } from '../running.ts';
import { SupervisedHost, type HostParts, type TriggerIdentity } from './trigger-host.ts';

/** Bounds of the pause before a failed trigger is restarted (ms); it doubles with each failure. */
const FIRST_PAUSE_MS = 1000;
const LAST_PAUSE_MS = 60_000;

/** One run of a trigger, from its start to its stop. */
interface Run {
  readonly trigger: RunningTrigger;
  readonly host: SupervisedHost;
  config: TriggerConfig;
}

/** State machine of one trigger: starts, updates, stops and restarts it, one step at a time. */
export class SupervisedTrigger {
  readonly #identity: TriggerIdentity;
  readonly #starter: () => Promise<TriggerStarter>;
  readonly #parts: HostParts;
  /** Desired settings; undefined when it should not run. */
  #wanted: TriggerConfig | undefined;
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
  #state: Pick<TriggerState, 'state' | 'since' | 'cause'>;

  constructor(identity: TriggerIdentity, starter: () => Promise<TriggerStarter>, parts: HostParts) {
    this.#identity = identity;
    this.#starter = starter;
    this.#parts = parts;
    this.#state = { state: 'starting', since: parts.clock.now() };
  }

  get state(): TriggerState {
    const { type, name } = this.#identity;
    return { type, name, ...this.#state };
  }

  /**
   * Makes it run with `config`, or stop if undefined, which blocks further events at once. Resolves when it runs, has
   * stopped, or has failed and is waiting for its restart.
   */
  set(config: TriggerConfig | undefined): Promise<void> {
    this.#wanted = config;
    if (config === undefined) this.#host?.close();
    return this.#proceed();
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
    const host = new SupervisedHost(this.#identity, this.#parts, (error) => this.#failed(error));
    this.#host = host;
    if (this.#failures === 0) this.#enter('starting');
    try {
      const starter = await this.#starter();
      if (host.signal.aborted) return;
      this.#run = { trigger: await starter.start(config, host), host, config };
      this.#enter('running');
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
      const { name, functionName } = this.#identity;
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
    const { name, functionName } = this.#identity;
    const pauseMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    const cause = messageOf(error);
    this.#enter('retrying', cause);
    onTrouble(`trigger '${name}' of '${functionName}' failed: ${cause}; it is started again in ${pauseMs / 1000} s`);
    this.#cancelPause = clock.after(pauseMs, () => void this.#proceed());
  }

  #enter(state: TriggerState['state'], cause?: string): void {
    this.#state = { state, since: this.#parts.clock.now(), ...(cause === undefined ? {} : { cause }) };
  }
}
