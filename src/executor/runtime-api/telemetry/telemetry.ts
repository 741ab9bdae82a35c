import type { IncomingMessage } from 'node:http';

import type { InvocationContext } from '../../../contract/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { InitOutcome, InitRequest, InvokeOutcome } from '../../session.ts';
import { forbid, refuse, send } from '../answers.ts';
import { readBody } from '../read-body.ts';
import { Room } from './room.ts';
import { Subscriber, type DeliverTelemetry } from './subscriber.ts';
import { parseSubscription, type TelemetryApi, type TelemetryStream } from './subscription.ts';

/** Longest body of a subscription (bytes). */
const BODY_BYTES = 64 * 1024;
/** Events kept for extensions that subscribe later in the init. */
const EARLY = 256;
/** Bytes of events that are kept for the subscribers of a sandbox together, and for those that subscribe later. */
const MOST_KEPT = 8 * 1024 * 1024;
const MOST_EARLY = 1024 * 1024;
const NAMES: Readonly<Record<TelemetryApi, string>> = { telemetry: 'Telemetry', logs: 'Logs' };
/** Events that one of the two APIs does not know. */
const NOT_IN: Readonly<Record<TelemetryApi, RegExp>> = {
  telemetry: /^platform\.(?:end|logsSubscription)$/,
  logs: /^platform\.(?:init.*|telemetrySubscription)$/,
};

interface Event {
  readonly stream: TelemetryStream;
  readonly type: string;
  readonly text: string;
}

interface Subscribed {
  readonly api: TelemetryApi;
  /** Of the extension. */
  readonly name: string;
  readonly subscriber: Subscriber;
}

interface Measured {
  readonly context: InvocationContext;
  readonly startedAt: number;
}

export interface TelemetryParts {
  readonly clock: Clock;
  /** Undefined where nothing can be delivered: subscriptions are answered as AWS's local emulator answers them. */
  readonly deliver: DeliverTelemetry | undefined;
}

/** A subscription, as it came. */
export interface SubscribeRequest {
  readonly req: IncomingMessage;
  readonly reply: Reply;
  /** Returns the extension that sent it, or refuses it. */
  by(): { readonly name: string } | undefined;
}

/**
 * The Telemetry API of one sandbox, and the older Logs API: streams of what lam itself reports (`platform`), what the
 * function prints and what extensions print, to listeners inside the sandbox.
 */
export class Telemetry {
  readonly #clock: Clock;
  readonly #deliver: DeliverTelemetry | undefined;
  readonly #room = new Room(MOST_KEPT);
  readonly #earlyRoom = new Room(MOST_EARLY);
  #subscribers: readonly Subscribed[] = [];
  /** Events of the init so far; undefined once it is over. */
  #early: Event[] | undefined = [];
  #request: InitRequest | undefined;
  /** Init duration that the first report has (ms). */
  #initMs: number | undefined;
  readonly #running = new Map<string, Measured>();
  /** Set by the driver: peak memory of the sandbox (MiB). */
  usedMiB: (() => number) | undefined;

  constructor({ clock, deliver }: TelemetryParts) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /** Whether anybody listens, or may still subscribe. */
  get #isActive(): boolean {
    return this.#early !== undefined || this.#subscribers.length > 0;
  }

  /** `PUT telemetry` or `PUT logs`. */
  async subscribe(api: TelemetryApi, { req, reply, by }: SubscribeRequest): Promise<void> {
    const title = NAMES[api];
    const body = await readBody(req, BODY_BYTES);
    if (this.#deliver === undefined)
      return send(reply, 202, { errorType: `${title}.NotSupported`, errorMessage: `${title} API is not supported` });
    const extension = by();
    if (extension === undefined) return;
    // Extensions may subscribe until all have polled, also after the runtime has.
    if (this.#early === undefined)
      return forbid(reply, `${title}.SubscriptionClosed`, `${title} API subscription is closed already`);
    const wish =
      body.kind === 'whole' ? parseSubscription(api, body.bytes.toString('utf8')) : { fault: 'the body is too long' };
    if ('fault' in wish) return refuse(reply, { status: 400, errorType: 'ValidationError', errorMessage: wish.fault });
    const subscriber = new Subscriber(wish, this.#clock, this.#deliver, this.#room);
    this.#replace({ api, name: extension.name, subscriber });
    for (const event of this.#early ?? []) offer(api, subscriber, event);
    const type = api === 'logs' ? 'platform.logsSubscription' : 'platform.telemetrySubscription';
    this.#emit('platform', type, { name: extension.name, state: 'Subscribed', types: [...wish.streams] });
    send(reply, 200, '"OK"');
  }

  /** An extension has one subscription of each API: else one sandbox could have the daemon keep any number of events. */
  #replace(added: Subscribed): void {
    const isSame = ({ api, name }: Subscribed): boolean => api === added.api && name === added.name;
    for (const { subscriber } of this.#subscribers.filter(isSame)) subscriber.close();
    this.#subscribers = [...this.#subscribers.filter((other) => !isSame(other)), added];
  }

  /** The init begins. */
  initStarted(request: InitRequest): void {
    this.#request = request;
    this.#emit('platform', 'platform.initStart', {
      ...this.#phase,
      functionName: request.functionName,
      functionVersion: String(request.version),
    });
  }

  /** The init is over. Further subscriptions are refused. */
  initDone(outcome: InitOutcome): void {
    const status = statusOf(outcome);
    this.#initMs = outcome.kind === 'ready' ? outcome.durationMs : undefined;
    this.#emit('platform', 'platform.initRuntimeDone', { ...this.#phase, status });
    const metrics = outcome.kind === 'ready' ? { metrics: { durationMs: rounded(outcome.durationMs) } } : undefined;
    this.#emit('platform', 'platform.initReport', { ...this.#phase, status, ...metrics });
    this.#early = undefined;
  }

  /** An extension polled for the first time. */
  extensionReady(name: string, events: readonly string[]): void {
    this.#emit('platform', 'platform.extension', { name, state: 'Ready', events });
  }

  /** The event of an invocation was delivered to the runtime. */
  started(context: InvocationContext): void {
    if (!this.#isActive) return;
    this.#running.set(context.requestId, { context, startedAt: this.#clock.monotonic() });
    this.#emit('platform', 'platform.start', {
      requestId: context.requestId,
      version: String(this.#request?.version ?? ''),
      tracing: tracingOf(context),
    });
  }

  /** The runtime has answered, or ended. `afterwards`: what extensions still do. */
  settled(requestId: string, outcome: InvokeOutcome, afterwards: Promise<unknown> | undefined): void {
    const run = this.#running.get(requestId);
    if (run === undefined) return;
    this.#running.delete(requestId);
    const status = statusOf(outcome);
    const durationMs = this.#clock.monotonic() - run.startedAt;
    const errorType = outcome.kind === 'error' ? { errorType: outcome.errorType } : undefined;
    const producedBytes = 'payload' in outcome ? outcome.payload.length : 0;
    const tracing = tracingOf(run.context);
    const metrics = { durationMs: rounded(durationMs), producedBytes };
    this.#emit('platform', 'platform.runtimeDone', { requestId, status, ...errorType, metrics, tracing });
    const report = (): void => {
      const initMs = this.#initMs;
      this.#initMs = undefined;
      this.#emit('platform', 'platform.end', { requestId });
      this.#emit('platform', 'platform.report', {
        requestId,
        status,
        ...errorType,
        metrics: {
          durationMs: rounded(durationMs),
          billedDurationMs: Math.ceil(durationMs),
          memorySizeMB: this.#request?.memoryMiB ?? 0,
          maxMemoryUsedMB: Math.ceil(this.usedMiB?.() ?? 0),
          ...(initMs === undefined ? undefined : { initDurationMs: rounded(initMs) }),
        },
        tracing,
      });
    };
    if (afterwards === undefined) report();
    else void afterwards.then(report);
  }

  /** A line that the function or an extension printed. */
  printed(stream: 'function' | 'extension', text: string, time: number): void {
    this.#emit(stream, stream, text, time);
  }

  /** Delivers what has been collected. */
  async flush(): Promise<void> {
    await Promise.all(this.#subscribers.map(({ subscriber }) => subscriber.flush()));
  }

  close(): void {
    for (const { subscriber } of this.#subscribers) subscriber.close();
  }

  get #phase(): { readonly initializationType: string; readonly phase: string } {
    const type = this.#request?.environment['AWS_LAMBDA_INITIALIZATION_TYPE'] ?? 'on-demand';
    return { initializationType: type, phase: 'init' };
  }

  // oxlint-disable-next-line max-params -- the members of an event
  #emit(stream: TelemetryStream, type: string, record: unknown, time = this.#clock.now()): void {
    if (!this.#isActive) return;
    const event = { stream, type, text: JSON.stringify({ time: new Date(time).toISOString(), type, record }) };
    const isKept =
      this.#early !== undefined && this.#early.length < EARLY && this.#earlyRoom.take(Buffer.byteLength(event.text));
    if (isKept) this.#early?.push(event);
    for (const { api, subscriber } of this.#subscribers) offer(api, subscriber, event);
  }
}

function offer(api: TelemetryApi, subscriber: Subscriber, { stream, type, text }: Event): void {
  if (subscriber.wish.streams.has(stream) && !NOT_IN[api].test(type)) subscriber.add(text);
}

function statusOf({ kind }: InitOutcome | InvokeOutcome): 'success' | 'error' | 'timeout' | 'failure' {
  if (kind === 'ready' || kind === 'result') return 'success';
  if (kind === 'timeout') return 'timeout';
  return kind === 'exit' || kind === 'unstarted' ? 'failure' : 'error';
}

function tracingOf(context: InvocationContext): object {
  const parent = /Parent=([0-9a-f]+)/.exec(context.traceId)?.[1];
  return {
    ...(parent === undefined ? undefined : { spanId: parent }),
    type: 'X-Amzn-Trace-Id',
    value: context.traceId,
  };
}

/** Milliseconds with three decimals, as AWS gives them. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
