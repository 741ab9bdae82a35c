import type { Sandbox, SandboxSpec } from '../driver/sandbox.ts';
import type { Session, SessionHooks } from '../executor/session.ts';
import type { LogStream, RequestId, SandboxId } from '../contract/index.ts';
import type { MonotonicMs } from '../kit/index.ts';
import type { EndReason, ObservedSandbox } from '../observer/index.ts';
import type { Holder } from './capacity.ts';

/** Session hooks whose owner comes later: a stem runs no code that could print before it is bound. */
export class LateHooks implements SessionHooks {
  #owner: SessionHooks | undefined;
  #session: Session | undefined;

  /** Forwards all calls to `owner` from now on. */
  handTo(owner: SessionHooks): void {
    this.#owner = owner;
    if (this.#session !== undefined) owner.attached?.(this.#session);
  }

  attached(session: Session): void {
    this.#session = session;
    this.#owner?.attached?.(session);
  }

  onLog(stream: LogStream, text: string, requestId: RequestId | '', time: number): void {
    this.#owner?.onLog(stream, text, requestId, time);
  }

  onStartupCache(interpreter: string, cache: Uint8Array): void {
    this.#owner?.onStartupCache?.(interpreter, cache);
  }

  onProtocolError(what: string): void {
    this.#owner?.onProtocolError(what);
  }
}

/** A sandbox booted ahead of any function, until it is bound to one or ends. */
export class Stem implements Holder, ObservedSandbox {
  readonly id: SandboxId;
  readonly spec: SandboxSpec;
  readonly hooks: LateHooks = new LateHooks();
  readonly startedAt: MonotonicMs;
  /** Resolves when its session can be given init; rejects with the driver's error. */
  readonly booted: Promise<Sandbox>;
  endingSince: MonotonicMs = 0;
  endReason: EndReason | undefined;
  readonly functionName = undefined;
  readonly version = undefined;
  /** Set once it has booted. */
  sandbox: Sandbox | undefined;

  constructor(
    spec: SandboxSpec,
    startedAt: MonotonicMs,
    create: (spec: SandboxSpec, hooks: SessionHooks) => Promise<Sandbox>,
  ) {
    this.id = spec.id;
    this.spec = spec;
    this.startedAt = startedAt;
    this.booted = create(spec, this.hooks).then((sandbox) => {
      this.sandbox = sandbox;
      this.hooks.attached(sandbox.session);
      return sandbox;
    });
  }

  get memoryMiB(): number {
    return this.spec.limits.memoryMiB;
  }
}
