import { lamError, type LamError } from '../../errors/index.ts';
import type { Clock, EpochMs } from '../../kit/index.ts';
import type {
  Deliver,
  DurableEvent,
  EnqueueEvent,
  EnqueueOutcome,
  EventEnded,
  EventIdentity,
  FollowEvent,
  FiredEvent,
  Firing,
  KeptState,
  TriggerHost,
  TriggerSink,
  WebhookReceiver,
} from '../running.ts';
import type { Arns, FunctionName, RequestId, TriggerPhase } from '../../contract/index.ts';
import { keptOf, type Keeping, type TriggerIdentity } from './kept.ts';

/** Dependencies of a host. */
export interface HostParts extends Keeping {
  readonly clock: Clock;
  readonly arns: Arns;
  /** The daemon's own folder. */
  readonly home: string;
  readonly deliver: Deliver;
  readonly enqueue: EnqueueEvent;
  readonly follow: FollowEvent;
  readonly requestIdOf: (event: EventIdentity) => RequestId;
  /** Opens a path of the HTTP port; returns a function that closes it. */
  readonly receive: (path: string, receiver: WebhookReceiver) => () => void;
  /** Announces a call of a function at `at`. */
  readonly expect: (functionName: FunctionName, at: EpochMs) => void;
  /** Adds to what is shown of the trigger. */
  readonly count: (phase: TriggerPhase, count?: number) => void;
  /** Value of a variable in the environment of a function's live version. */
  readonly variable: (functionName: FunctionName, name: string) => string | undefined;
}

const NOTHING_TO_CANCEL: Firing = { cancel: () => undefined };

/** The daemon's side of one start of a trigger; closed when that is to stop. */
export class SupervisedHost implements TriggerHost {
  readonly functionName: FunctionName;
  readonly name: string;
  readonly clock: Clock;
  readonly arns: Arns;
  readonly home: string;
  readonly kept: KeptState;
  readonly resumedAt: EpochMs | undefined;
  readonly liveSince: EpochMs;
  readonly #type: string;
  readonly #parts: HostParts;
  readonly #abort = new AbortController();
  readonly #onFailed: (error: unknown) => void;

  /** @param liveSince when the settings of the trigger went live */
  constructor(
    { functionName, type, name }: TriggerIdentity,
    parts: HostParts,
    onFailed: (error: unknown) => void,
    liveSince: EpochMs,
  ) {
    this.liveSince = liveSince;
    this.functionName = functionName;
    this.name = name;
    this.clock = parts.clock;
    this.arns = parts.arns;
    this.home = parts.home;
    const kept = keptOf({ functionName, type, name }, parts);
    this.kept = kept.own;
    this.resumedAt = kept.pause()?.resumedAt;
    this.#type = type;
    this.#parts = parts;
    this.#onFailed = onFailed;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  fire(event: FiredEvent, sink: TriggerSink): Firing {
    const guarded = this.#guarded(sink);
    if (this.signal.aborted) {
      guarded.settled({ kind: 'refused', error: this.#stopped() });
      return NOTHING_TO_CANCEL;
    }
    const { functionName, name } = this;
    const attempt = event.attempt ?? 1;
    return this.#parts.deliver({ ...event, functionName, type: this.#type, trigger: name, attempt }, guarded);
  }

  enqueue(event: DurableEvent, ended?: EventEnded): Promise<EnqueueOutcome> {
    if (this.signal.aborted) return Promise.reject(this.#stopped());
    const queued = { ...event, ...this.#identityOf(event.id) };
    return this.#parts.enqueue(queued, ended === undefined ? undefined : this.#whileRunning(ended));
  }

  follow(id: string, ended: EventEnded): Promise<boolean> {
    return this.#parts.follow(this.#identityOf(id), this.#whileRunning(ended));
  }

  requestIdOf(id: string): RequestId {
    return this.#parts.requestIdOf(this.#identityOf(id));
  }

  #identityOf(id: string): EventIdentity {
    return { functionName: this.functionName, type: this.#type, trigger: this.name, id };
  }

  #whileRunning(ended: EventEnded): EventEnded {
    return (end) => {
      if (!this.signal.aborted) ended(end);
    };
  }

  receive(path: string, receiver: WebhookReceiver): () => void {
    if (this.signal.aborted) return () => undefined;
    const close = this.#parts.receive(path, receiver);
    this.signal.addEventListener('abort', close);
    return close;
  }

  count(phase: TriggerPhase, count?: number): void {
    this.#parts.count(phase, count);
  }

  expect(at: EpochMs): void {
    if (!this.signal.aborted) this.#parts.expect(this.functionName, at);
  }

  variable(name: string): string | undefined {
    return this.#parts.variable(this.functionName, name);
  }

  failed(error: unknown): void {
    if (!this.signal.aborted) this.#onFailed(error);
  }

  /** Refuses further events and ignores failures from now on. Idempotent. */
  close(): void {
    this.#abort.abort();
  }

  #stopped(): LamError {
    return lamError('LAM_TRIGGERS_STOPPED', { name: this.functionName, trigger: this.name });
  }

  /** Wraps a sink so that its exceptions do not reach the router. */
  #guarded(sink: TriggerSink): TriggerSink {
    const guard = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        this.#parts.onTrouble(`trigger '${this.name}' of '${this.functionName}' threw: ${String(error)}`);
      }
    };
    return {
      started: (at) => guard(() => sink.started?.(at)),
      settled: (outcome) => guard(() => sink.settled(outcome)),
    };
  }
}
