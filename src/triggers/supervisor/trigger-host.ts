import { lamError } from '../../errors/index.ts';
import type { Clock, EpochMs } from '../../kit/index.ts';
import type { Deliver, FiredEvent, Firing, TriggerHost, TriggerSink } from '../running.ts';
import type { FunctionName } from '../../contract/index.ts';

/** Identifies a trigger among all functions. */
export interface TriggerIdentity {
  readonly functionName: FunctionName;
  readonly type: string;
  readonly name: string;
}

/** Dependencies of a host. */
export interface HostParts {
  readonly clock: Clock;
  readonly deliver: Deliver;
  /** Announces a call of a function at `at`. */
  readonly expect: (functionName: FunctionName, at: EpochMs) => void;
  /** Reports a fault of a trigger, as a sentence. */
  readonly onTrouble: (what: string) => void;
}

const NOTHING_TO_CANCEL: Firing = { cancel: () => undefined };

/** The daemon's side of one start of a trigger; closed when that is to stop. */
export class SupervisedHost implements TriggerHost {
  readonly functionName: FunctionName;
  readonly name: string;
  readonly clock: Clock;
  readonly #type: string;
  readonly #parts: HostParts;
  readonly #abort = new AbortController();
  readonly #onFailed: (error: unknown) => void;

  constructor({ functionName, type, name }: TriggerIdentity, parts: HostParts, onFailed: (error: unknown) => void) {
    this.functionName = functionName;
    this.name = name;
    this.clock = parts.clock;
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
      const { functionName, name } = this;
      guarded.settled({
        kind: 'refused',
        error: lamError('LAM_TRIGGERS_STOPPED', { name: functionName, trigger: name }),
      });
      return NOTHING_TO_CANCEL;
    }
    const { functionName, name } = this;
    const attempt = event.attempt ?? 1;
    return this.#parts.deliver({ ...event, functionName, type: this.#type, trigger: name, attempt }, guarded);
  }

  expect(at: EpochMs): void {
    if (!this.signal.aborted) this.#parts.expect(this.functionName, at);
  }

  failed(error: unknown): void {
    if (!this.signal.aborted) this.#onFailed(error);
  }

  /** Refuses further events and ignores failures from now on. Idempotent. */
  close(): void {
    this.#abort.abort();
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
