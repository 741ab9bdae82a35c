import type { FunctionName, TriggerPhase } from '../contract/index.ts';
import type { EpochMs } from '../kit/index.ts';
import type {
  EventPhase,
  ObservedInvocation,
  ObservedSandbox,
  ObservedTrigger,
  Observer,
  SandboxPhase,
} from './observer.ts';

/** Phases of an invocation, in order. */
type InvocationPhase = Exclude<keyof Observer, 'sandbox' | 'event' | 'trigger' | 'lag'>;

/**
 * Several observers as one. An exception of one reaches neither the others nor the caller: it is reported once per
 * observer, and the observer is still called.
 */
export class Observers {
  readonly #all: readonly Observer[];
  readonly #onTrouble: (what: string) => void;
  readonly #reported: Set<Observer> = new Set();

  constructor(observers: readonly Observer[], onTrouble: (what: string) => void) {
    this.#all = observers;
    this.#onTrouble = onTrouble;
  }

  /** Reports a phase of an invocation. Never throws. */
  invocation(phase: InvocationPhase, invocation: ObservedInvocation): void {
    this.#tell((observer) => observer[phase]?.(invocation));
  }

  /** Reports a phase of a queued event. Never throws. */
  event(functionName: FunctionName, phase: EventPhase): void {
    this.#tell((observer) => observer.event?.(functionName, phase));
  }

  /** Reports what a trigger did. Never throws. */
  trigger(trigger: ObservedTrigger, phase: TriggerPhase, count: number): void {
    this.#tell((observer) => observer.trigger?.(trigger, phase, count));
  }

  /** Reports the lag of a trigger. Never throws. */
  lag(trigger: ObservedTrigger, lag: number | undefined, parts: Readonly<Record<string, number>>): void {
    this.#tell((observer) => observer.lag?.(trigger, lag, parts));
  }

  /** Reports a phase of a sandbox. Never throws. */
  sandbox(sandbox: ObservedSandbox, phase: SandboxPhase, at: EpochMs): void {
    this.#tell((observer) => observer.sandbox?.(sandbox, phase, at));
  }

  #tell(call: (observer: Observer) => void): void {
    for (const observer of this.#all) {
      try {
        call(observer);
      } catch (error) {
        this.#failed(observer, error);
      }
    }
  }

  #failed(observer: Observer, error: unknown): void {
    if (this.#reported.has(observer)) return;
    this.#reported.add(observer);
    this.#onTrouble(`an observer failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Joins observers; undefined when there are none, so that router and pool skip observation. `onTrouble` is called with
 * a sentence about the first failure of each.
 */
export function joinObservers(
  observers: readonly Observer[],
  onTrouble: (what: string) => void,
): Observers | undefined {
  return observers.length === 0 ? undefined : new Observers(observers, onTrouble);
}
