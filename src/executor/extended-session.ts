import type { InvocationContext, RequestId } from '../contract/index.ts';
import { systemClock, type Clock } from '../kit/index.ts';
import { document } from './runtime-api/error-report.ts';
import type { RuntimeApi } from './runtime-api/index.ts';
import type {
  ExitStatus,
  InitOutcome,
  InitRequest,
  InvocationHooks,
  InvokeOutcome,
  Session,
  SessionHooks,
} from './session.ts';

export interface ExtendedSessionParts {
  /** Speaks to the code. */
  readonly inner: Session;
  /** Serves the extensions; nothing but them polls it. */
  readonly api: RuntimeApi;
  /** Value of `AWS_LAMBDA_RUNTIME_API` in the sandbox. */
  readonly address: string;
  /** Starts the external extensions of a function with this environment; resolves when they have registered. */
  readonly launch: (environment: Readonly<Record<string, string>>) => Promise<void>;
  /** Ends the code, after an extension has failed. */
  readonly kill: () => void;
  readonly clock?: Clock;
}

/** A session on another protocol than the Runtime API, in a sandbox with external extensions. */
export class ExtendedSession implements Session {
  readonly #parts: ExtendedSessionParts;
  readonly #clock: Clock;

  constructor(parts: ExtendedSessionParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    parts.api.extensions.onFailed = () => parts.kill();
  }

  get interpreter(): string {
    return this.#parts.inner.interpreter;
  }

  get settling(): Promise<boolean> | undefined {
    return this.#parts.api.extensions.settling;
  }

  async init(request: InitRequest, limitMs: number, startupCache?: Uint8Array): Promise<InitOutcome> {
    const { inner, api, address, launch } = this.#parts;
    const began = this.#clock.monotonic();
    const environment = { ...request.environment, AWS_LAMBDA_RUNTIME_API: address };
    api.extensions.begin(request);
    api.telemetry.initStarted(request);
    await launch(environment);
    const left = (): number => Math.max(0, limitMs - (this.#clock.monotonic() - began));
    const ofCode = await inner.init({ ...request, environment }, left(), startupCache);
    const { failure } = api.extensions;
    const outcome =
      failure === undefined
        ? await api.extensions.complete(ofCode, left())
        : initErrorOf(failure.errorType, failure.errorMessage);
    api.telemetry.initDone(outcome);
    this.#noteEnd(outcome.kind);
    return outcome;
  }

  start(context: InvocationContext, event: Uint8Array, hooks: InvocationHooks): void {
    const { inner, api } = this.#parts;
    inner.start(context, event, {
      timeoutMs: hooks.timeoutMs,
      started: () => {
        api.telemetry.started(context);
        api.extensions.invoked(context);
        hooks.started();
      },
      streamed: (head, control) => hooks.streamed(head, control),
      settled: (ofCode) => {
        const outcome = this.#outcomeOf(ofCode, context.requestId);
        this.#noteEnd(outcome.kind);
        api.telemetry.settled(context.requestId, outcome, this.settling);
        hooks.settled(outcome);
      },
    });
  }

  exited(status: ExitStatus): void {
    this.#parts.inner.exited(status);
  }

  output(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    this.#parts.inner.output(stream, chunk);
  }

  pause(): void {
    this.#parts.inner.pause?.();
  }

  resume(): void {
    this.#parts.inner.resume?.();
  }

  close(): void {
    this.#parts.inner.close();
    this.#parts.api.close();
  }

  /** The code was ended because an extension failed. */
  #outcomeOf(ofCode: InvokeOutcome, requestId: RequestId): InvokeOutcome {
    const { failure } = this.#parts.api.extensions;
    if (failure === undefined || ofCode.kind !== 'exit') return ofCode;
    const payload = document(failure.errorType, `RequestId: ${requestId} Error: ${failure.errorMessage}`);
    return { kind: 'error', errorType: failure.errorType, payload, leaving: true };
  }

  #noteEnd(kind: (InitOutcome | InvokeOutcome)['kind']): void {
    const { extensions } = this.#parts.api;
    if (kind === 'timeout') extensions.reason = 'timeout';
    else if (kind === 'exit' || extensions.failure !== undefined) extensions.reason = 'failure';
  }
}

/** Returns hooks that also pass what the code prints to subscribers of `telemetry`. */
export function hooksWithTelemetry(hooks: SessionHooks, telemetry: RuntimeApi['telemetry']): SessionHooks {
  return {
    onLog: (stream, text, requestId, time) => {
      telemetry.printed('function', text, time);
      hooks.onLog(stream, text, requestId, time);
    },
    onStartupCache: (interpreter, cache) => hooks.onStartupCache?.(interpreter, cache),
    onProtocolError: (what) => hooks.onProtocolError(what),
  };
}

function initErrorOf(errorType: string, errorMessage: string): InitOutcome {
  return { kind: 'error', errorType, payload: document(errorType, errorMessage) };
}
