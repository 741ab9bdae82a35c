import type { IncomingMessage } from 'node:http';

import type { InvocationContext } from '../../../contract/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import { reportedType } from '../../error-type.ts';
import type { InitOutcome, InitRequest } from '../../session.ts';
import { accept, forbid, JSON_TYPE, refuse, send } from '../answers.ts';
import { document } from '../error-report.ts';
import { readBody } from '../read-body.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { EXTENSION_EVENTS, Extension, type ExtensionEvent } from './extension.ts';

/** Extensions one sandbox may register (AWS). */
const MOST = 10;
const BODY_BYTES = 64 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const INVALID_ID = {
  status: 403,
  errorType: 'Extension.InvalidExtensionIdentifier',
  errorMessage: 'Invalid Lambda-Extension-Identifier',
};

/** An error of extensions, by AWS's names: one that callers see, or one that answers a request. */
export interface ExtensionFailure {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Why a sandbox is shut down, as SHUTDOWN events say it. */
export type ShutdownReason = 'spindown' | 'timeout' | 'failure';

export interface ExtensionsParts {
  readonly clock: Clock;
  /** Names of the external extensions that the driver starts: names of their files. */
  readonly external: readonly string[];
  readonly telemetry: Telemetry;
}

/**
 * The Extensions API of one sandbox. External extensions are programs that the driver starts before the runtime;
 * internal ones run in the runtime's process and cannot subscribe to SHUTDOWN. A sandbox is initialized once all have
 * polled for an event, and free again once those with INVOKE have polled again.
 */
export class Extensions {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #known = new Map<string, Extension>();
  /** External extensions that have not registered yet. */
  readonly #expected: Set<string>;
  readonly #told = Promise.withResolvers<InitRequest | undefined>();
  readonly #registered = Promise.withResolvers<void>();
  #failure: ExtensionFailure | undefined;
  #deadlineMs = 0;
  /** Called after each change that {@link Extensions.#until} may wait for. */
  #onChange: (() => void)[] = [];
  /** What SHUTDOWN says; set by the session. */
  reason: ShutdownReason = 'spindown';
  /** Set by the session: ends what runs with the failure. */
  onFailed: ((failure: ExtensionFailure) => void) | undefined;

  constructor({ clock, external, telemetry }: ExtensionsParts) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#expected = new Set(external);
  }

  /** Number of registered extensions. AWS sends SIGTERM before SIGKILL only if there is one. */
  get count(): number {
    return this.#known.size;
  }

  /** Whether the driver started programs of extensions, which get more time at the end. */
  get hasExternal(): boolean {
    return this.#expected.size > 0 || [...this.#known.values()].some((extension) => extension.isExternal);
  }

  /** Whether this external extension has not registered yet. */
  expects(name: string): boolean {
    return this.#expected.has(name);
  }

  /** What made the sandbox unusable. */
  get failure(): ExtensionFailure | undefined {
    return this.#failure;
  }

  /** Resolves when all external extensions have registered, or one has failed: the runtime may start. */
  get registered(): Promise<void> {
    return this.#expected.size === 0 ? Promise.resolve() : this.#registered.promise;
  }

  /** Names of external extensions that become known late, before any can register. */
  expect(names: readonly string[]): void {
    for (const name of names) this.#expected.add(name);
  }

  /** Answers registrations with the function's facts; undefined when the sandbox has ended before init. */
  begin(request: InitRequest | undefined): void {
    this.#told.resolve(request);
  }

  /**
   * Waits until all extensions have polled, at most `limitMs`, when the runtime is ready; returns the outcome of the
   * whole init.
   */
  async complete(outcome: InitOutcome, limitMs: number): Promise<InitOutcome> {
    if (outcome.kind !== 'ready' || (this.#known.size === 0 && this.#expected.size === 0)) return outcome;
    const began = this.#clock.monotonic();
    const isReady = (): boolean => this.#expected.size === 0 && all(this.#known, (extension) => extension.hasPolled);
    if (!(await this.#until(isReady, limitMs))) return { kind: 'timeout' };
    const failure = this.#failure;
    if (failure !== undefined) return initError(failure);
    return { kind: 'ready', durationMs: outcome.durationMs + this.#clock.monotonic() - began };
  }

  /**
   * `POST register`. `isOpen`: the runtime has not polled yet. A name that the driver started is that external
   * extension; others are internal.
   */
  async register(req: IncomingMessage, reply: Reply, isOpen: boolean): Promise<void> {
    const body = await readBody(req, BODY_BYTES);
    const name = req.headers['lambda-extension-name'];
    if (typeof name !== 'string' || name === '')
      return forbid(reply, 'Extension.InvalidExtensionName', 'Lambda-Extension-Name header is missing');
    const events = body.kind === 'whole' ? parseEvents(body.bytes) : undefined;
    if (events === undefined) return forbid(reply, 'InvalidRequestFormat', 'The body is not {"events": [...]}');
    const refusal = this.#refusalOf(name, events, isOpen);
    if (refusal !== undefined) return forbid(reply, refusal.errorType, refusal.errorMessage);
    const extension = new Extension(name, this.#expected.has(name), new Set(events.filter(isEvent)));
    this.#known.set(extension.id, extension);
    this.#expected.delete(name);
    if (this.#expected.size === 0) this.#registered.resolve();
    const told = await this.#told.promise;
    const answer = {
      functionName: told?.functionName ?? '',
      functionVersion: String(told?.version ?? ''),
      handler: told?.handler ?? '',
      ...(wantsAccount(req) ? { accountId: told?.functionArn.split(':')[4] } : undefined),
    };
    return send(reply, 200, answer, [...JSON_TYPE, 'Lambda-Extension-Identifier', extension.id]);
  }

  /** Why a registration is refused, in AWS's words. */
  #refusalOf(name: string, events: readonly string[], isOpen: boolean): ExtensionFailure | undefined {
    const isKnown = [...this.#known.values()].some((extension) => extension.name === name);
    if (isKnown) return invalidMove(name, 'Registered', 'Registered');
    const odd = events.find((event) => !isEvent(event));
    if (odd !== undefined)
      return { errorType: 'Extension.InvalidEventType', errorMessage: `Event type is not supported: ${odd}` };
    if (events.includes('SHUTDOWN') && !this.#expected.has(name)) {
      const errorMessage = 'Event type is not supported for internal extensions: SHUTDOWN';
      return { errorType: 'Extension.InvalidEventType', errorMessage };
    }
    if (!isOpen)
      return { errorType: 'Extension.RegistrationClosed', errorMessage: 'Extensions register before the first next' };
    if (this.#known.size < MOST) return undefined;
    return { errorType: 'Extension.TooManyExtensions', errorMessage: `At most ${MOST} extensions can register` };
  }

  /** `GET event/next`: answers with the next event once there is one. */
  eventNext(req: IncomingMessage, reply: Reply): void {
    const extension = this.find(req, reply);
    if (extension === undefined) return;
    if (this.#failure !== undefined) {
      const { errorType, errorMessage } = invalidMove(extension.name, 'Failed', 'Ready');
      return forbid(reply, errorType, errorMessage);
    }
    if (!extension.hasPolled) this.#telemetry.extensionReady(extension.name, [...extension.events]);
    extension.poll(reply);
    this.#changed();
  }

  /** `POST init/error` and `exit/error`: the extension cannot go on, and so its sandbox cannot. */
  async error(req: IncomingMessage, reply: Reply, phase: 'init' | 'exit'): Promise<void> {
    const extension = this.find(req, reply);
    if (extension === undefined) return;
    const type = req.headers['lambda-extension-function-error-type'];
    if (typeof type !== 'string')
      return forbid(reply, 'Extension.MissingHeader', 'Lambda-Extension-Function-Error-Type header is missing');
    await readBody(req, BODY_BYTES);
    accept(reply);
    this.fail({
      errorType: phase === 'init' ? 'Extension.InitError' : 'Extension.ExitError',
      errorMessage: `Extension ${extension.name} reported ${reportedType(type)}`,
    });
  }

  /** Sends INVOKE to the subscribers. */
  invoked(context: InvocationContext): void {
    if (this.#known.size === 0) return;
    this.#deadlineMs = context.deadlineMs;
    for (const extension of this.#known.values()) {
      if (!extension.events.has('INVOKE')) continue;
      extension.give({
        eventType: 'INVOKE',
        deadlineMs: Math.round(context.deadlineMs),
        requestId: context.requestId,
        invokedFunctionArn: context.functionArn,
        tracing: { type: 'X-Amzn-Trace-Id', value: context.traceId },
      });
    }
  }

  /**
   * Undefined when no extension works on an invocation; else resolves to true when they have finished, and to false when
   * they have not by its deadline or one has failed.
   */
  get settling(): Promise<boolean> | undefined {
    if (this.#known.size === 0) return undefined;
    const isIdle = (): boolean => all(this.#known, (extension) => !extension.events.has('INVOKE') || extension.isIdle);
    if (isIdle()) return undefined;
    return this.#until(isIdle, Math.max(0, this.#deadlineMs - this.#clock.now())).then(
      (finished) => finished && this.#failure === undefined,
    );
  }

  /** Makes the sandbox unusable. Called by the driver, too: when an extension's process cannot start, or has ended. */
  fail(failure: ExtensionFailure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#registered.resolve();
    this.#changed();
    this.onFailed?.(failure);
  }

  /** Sends SHUTDOWN to the subscribers; `deadlineMs` is when the driver ends them (ms since the epoch). */
  shutDown(deadlineMs: number): void {
    const event = { eventType: 'SHUTDOWN', shutdownReason: this.reason, deadlineMs: Math.round(deadlineMs) };
    for (const extension of this.#known.values()) if (extension.events.has('SHUTDOWN')) extension.give(event);
  }

  /** Returns the extension that a request names, or refuses the request. */
  find(req: IncomingMessage, reply: Reply): Extension | undefined {
    const id = req.headers['lambda-extension-identifier'];
    if (typeof id !== 'string') {
      forbid(reply, 'Extension.MissingExtensionIdentifier', 'Lambda-Extension-Identifier header is missing');
      return undefined;
    }
    const extension = this.#known.get(id);
    if (extension !== undefined) return extension;
    if (UUID.test(id)) forbid(reply, 'Extension.UnknownExtensionIdentifier', 'Unknown extension identifier');
    else refuse(reply, INVALID_ID);
    return undefined;
  }

  /** Resolves to whether `done` holds, or an extension fails, within `limitMs`. */
  #until(done: () => boolean, limitMs: number): Promise<boolean> {
    const isOver = (): boolean => this.#failure !== undefined || done();
    if (isOver()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (finished: boolean): void => {
        cancel();
        this.#onChange = this.#onChange.filter((other) => other !== look);
        resolve(finished);
      };
      const look = (): void => {
        if (isOver()) end(true);
      };
      const cancel = this.#clock.after(limitMs, () => end(false));
      this.#onChange.push(look);
    });
  }

  #changed(): void {
    for (const look of this.#onChange) look();
  }
}

/** The outcome of an init that an extension has failed. */
export function initError({ errorType, errorMessage }: ExtensionFailure): InitOutcome {
  return { kind: 'error', errorType, payload: document(errorType, errorMessage) };
}

function all(known: ReadonlyMap<string, Extension>, is: (extension: Extension) => boolean): boolean {
  for (const extension of known.values()) if (!is(extension)) return false;
  return true;
}

function isEvent(name: string): name is ExtensionEvent {
  return (EXTENSION_EVENTS as readonly string[]).includes(name);
}

function invalidMove(name: string, from: string, to: string): ExtensionFailure {
  const move = `State transition from ${from} to ${to} failed for extension ${name}`;
  return {
    errorType: 'Extension.InvalidExtensionState',
    errorMessage: `${move}. Error: State transition is not allowed`,
  };
}

/** Whether the client asked for the account in answers, which the first version of the API does not have. */
function wantsAccount(req: IncomingMessage): boolean {
  const header = req.headers['lambda-extension-accept-feature'];
  return typeof header === 'string' && header.split(',').some((name) => name.trim() === 'accountId');
}

/** Parses the events of a register body; undefined when malformed, none without `events`. */
function parseEvents(bytes: Buffer): readonly string[] | undefined {
  try {
    const value: unknown = bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const events: unknown = 'events' in value ? (value.events ?? []) : [];
    return Array.isArray(events) && events.every((e) => typeof e === 'string') ? events : undefined;
  } catch {
    // Not JSON.
    return undefined;
  }
}
