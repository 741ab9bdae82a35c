import type { CallingSandbox, LogStream, RequestId, SandboxId, FunctionName, Qualifier } from '../contract/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Session, SessionHooks } from '../executor/session.ts';
import type { LogStore } from '../logs/index.ts';
import type { Limits } from '../limits/index.ts';
import type { Observers } from '../observer/index.ts';
import type { Pool, PoolRevision } from '../pool/index.ts';
import { Invocation, type InvocationParts, type Resolve } from './invocation.ts';
import type { InvokeRequest, InvokeSink, Underway } from './invoke.ts';
import { OpenCalls } from './open-calls.ts';
import { PlatformLog } from './platform-log.ts';

export interface RouterOptions {
  readonly pool: Pool;
  readonly logs: LogStore;
  readonly clock: Clock;
  readonly resolve: Resolve;
  /** Observers of the phases of invocations. */
  readonly observers?: Observers | undefined;
  /** Limits of functions; absent for none. */
  readonly limits?: Pick<Limits, 'admit'> | undefined;
}

/** Turns (name, qualifier, event) into one answer: resolves the version, acquires a sandbox, runs the handler, logs, releases. */
export class Router {
  readonly #parts: InvocationParts;
  readonly #logs: LogStore;
  readonly #calls: OpenCalls;

  constructor({ pool, logs, clock, resolve, observers, limits }: RouterOptions) {
    this.#parts = { pool, clock, resolve, log: new PlatformLog(logs), observers, limits };
    this.#logs = logs;
    this.#calls = new OpenCalls(clock, (revision) => pool.waitedFor(revision));
  }

  /** Runs one invocation and calls `sink`, possibly before this returns. Never throws. */
  start(request: InvokeRequest, sink: InvokeSink): Underway {
    if (request.caller !== undefined) return this.#startCall(request, request.caller, sink);
    const invocation = new Invocation(this.#parts, request, sink);
    invocation.begin();
    return invocation;
  }

  /** The same for one that a function waits for. */
  #startCall(request: InvokeRequest, caller: CallingSandbox, sink: InvokeSink): Underway {
    const call = this.#calls.open(caller, sink, request);
    const invocation = new Invocation(this.#parts, request, call.sink);
    call.invocation = invocation;
    invocation.begin();
    return invocation;
  }

  /** Throws the not-found error that {@link Router.start} would pass to its sink. */
  check(name: FunctionName, qualifier: Qualifier | undefined): void {
    this.#parts.resolve(name, qualifier);
  }

  /** Returns the hooks for the session of a new sandbox: its output goes to the function's log, with back-pressure. */
  hooksFor(revision: PoolRevision, sandbox: SandboxId, onProtocolError: (what: string) => void): SessionHooks {
    const logs = this.#logs;
    const { tails } = this.#parts.log;
    const source = { version: revision.version, sandbox };
    let session: Session | undefined;
    let held = false;
    const hold = (): void => {
      held = true;
      session?.pause?.();
      logs.whenRelieved(() => {
        held = false;
        session?.resume?.();
      });
    };
    return {
      attached: (made) => {
        session = made;
        if (held) made.pause?.();
      },
      onLog: (stream: LogStream, text: string, requestId: RequestId | '', time: number) => {
        logs.append(revision.functionName, source, stream, text, requestId, time);
        if (tails.active) tails.add(requestId, text);
        if (!held && logs.underPressure) hold();
      },
      onProtocolError,
    };
  }
}
